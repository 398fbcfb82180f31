using PodPool.Core;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Packages;

/// <summary>The registry that an installation names: deploys put packages there, each function's into a repository below its namespace's name.</summary>
/// <param name="address"><c>http(s)://host[:port][/path]</c>; null: there is none.</param>
/// <param name="credentialsFile">A file as the key <c>.dockerconfigjson</c> of a Secret is; null, or no such file: nobody is told who asks.</param>
internal sealed class InstallationRegistry(string? address, string? credentialsFile)
{
    /// <summary>What the credentials are called in messages.</summary>
    private const string Secret = "the installation's registry secret";

    /// <summary>Where it is; null: there is none.</summary>
    public string? Address => address;

    /// <summary>Where a function's packages go.</summary>
    /// <exception cref="InvalidOperationException">There is no registry.</exception>
    /// <exception cref="PackageSourceException">The address is none that a repository can be below.</exception>
    public RepositoryReference RepositoryOf(FunctionName function)
    {
        var registry = new Uri(address ?? throw new InvalidOperationException("there is no registry"));

        // With its port even where the scheme has it: a name alone, without a dot, would be the first of the repository's.
        var host = registry.Host.Contains('.', StringComparison.Ordinal) ? registry.Authority : $"{registry.Host}:{registry.Port}";
        return RepositoryReference.Parse($"{host}{registry.AbsolutePath.TrimEnd('/')}/{function.Namespace}/{function.Name}");
    }

    /// <summary>Who asks there. Read anew each time: who renews them restarts nothing.</summary>
    /// <exception cref="PackageSourceException">The file is no such thing, or cannot be read.</exception>
    public async Task<RegistryCredentials> CredentialsAsync(CancellationToken cancellationToken)
    {
        if (credentialsFile is null)
        {
            return RegistryCredentials.None(Secret);
        }

        try
        {
            return RegistryCredentials.Parse(await File.ReadAllBytesAsync(credentialsFile, cancellationToken).ConfigureAwait(false), Secret);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return RegistryCredentials.None(Secret);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PackageSourceException(PackageProblem.CredentialsInvalid, $"{Secret} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Whether an image is of those that deploys into a namespace put here: its functions may fetch it as the installation does. Nobody else's.</summary>
    public bool Keeps(string @namespace, ImageReference image)
    {
        if (address is null)
        {
            return false;
        }

        try
        {
            const string Any = "x";
            var own = RepositoryOf(new(@namespace, Any));
            return image.Repository.Registry == own.Registry && image.Repository.Name.StartsWith(own.Name[..^Any.Length], StringComparison.Ordinal);
        }
        catch (PackageSourceException)
        {
            return false;
        }
    }
}
