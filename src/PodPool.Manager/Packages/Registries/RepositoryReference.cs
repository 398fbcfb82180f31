using System.Text.RegularExpressions;

namespace PodPool.Manager.Packages.Registries;

/// <summary>A repository of a registry.</summary>
/// <param name="Registry"><c>host</c> or <c>host:port</c>, as it was written.</param>
/// <param name="Name">Lower-case names with <c>/</c> between.</param>
internal sealed partial record RepositoryReference(string Registry, string Name)
{
    /// <summary>The name that stands for the public registry in references and secrets.</summary>
    public const string DockerHub = "docker.io";

    private const int MaxLength = 512;

    // The specification's own: distribution-spec, "Pulling manifests", <name>.
    private const string NamePattern = @"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$";
    private const string HostPattern = @"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$";

    /// <summary>Where the registry answers: the public one's name is not its host's.</summary>
    public string Host => Registry == DockerHub ? "registry-1.docker.io" : Registry;

    /// <summary>Reads <c>host[:port]/name</c>.</summary>
    /// <exception cref="PackageSourceException">It is none.</exception>
    public static RepositoryReference Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? "" : text[..slash];
        if (text.Length > MaxLength)
        {
            throw new PackageSourceException(PackageProblem.ReferenceInvalid, $"an image reference has {text.Length} characters; {MaxLength} are allowed");
        }

        // A first name that is no host would be looked for in a registry that nobody named.
        if (!HostSyntax().IsMatch(host) || !(host.Contains('.', StringComparison.Ordinal) || host.Contains(':', StringComparison.Ordinal) || host == "localhost"))
        {
            throw new PackageSourceException(
                PackageProblem.ReferenceInvalid, $"the image reference '{Visible.Of(text)}' names no registry: write host[:port]/repository@sha256:digest");
        }

        var name = text[(slash + 1)..];
        if (host is "index.docker.io" or "registry-1.docker.io")
        {
            host = DockerHub;
        }

        if (host == DockerHub && !name.Contains('/', StringComparison.Ordinal))
        {
            name = "library/" + name;
        }

        return NameSyntax().IsMatch(name)
            ? new(host, name)
            : throw new PackageSourceException(
                PackageProblem.ReferenceInvalid,
                $"'{Visible.Of(name)}' is no repository's name: lower-case letters, digits and single '.', '_' or '-' between them, '/' between names");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Registry}/{Name}";

    [GeneratedRegex(NamePattern)]
    private static partial Regex NameSyntax();

    [GeneratedRegex(HostPattern)]
    private static partial Regex HostSyntax();
}
