using System.Text;
using k8s.Models;
using PodPool.Manager.Claims;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Installing;

/// <summary>
/// What all managers of an installation share and nobody else may know: the claim key and the certificate authority. Kept in one Secret beside
/// the managers, which the first of them makes.
/// </summary>
internal sealed class InstallationSecret(ClaimKey claimKey, CertificateAuthority authority)
{
    /// <summary>The Secret's name.</summary>
    public const string Name = "podpool-manager";

    private const string ClaimKeyEntry = "claim.key";
    private const string AuthorityEntry = "ca.crt";
    private const string AuthorityKeyEntry = "ca.key";

    /// <summary>Signs claims.</summary>
    public ClaimKey ClaimKey => claimKey;

    /// <summary>Issues what loaders and managers show each other.</summary>
    public CertificateAuthority Authority => authority;

    /// <summary>The same with a connection of its own, and patience: a manager can be started before its cluster answers.</summary>
    public static async Task<InstallationSecret> OpenAsync(KubernetesOptions options)
    {
        var time = TimeProvider.System;
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        using var api = KubernetesApi.Connect(options.Api, null, time, loggers.CreateLogger<KubernetesApi>());
        while (true)
        {
            try
            {
                return await OpenAsync(api.Resource<V1Secret>(), options.Namespace, time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.Unreachable or ApiFailure.Unavailable or ApiFailure.Denied)
            {
                await Console.Error.WriteLineAsync($"waiting for the cluster: {exception.Message}").ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromSeconds(2), time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the Secret, or makes it. Of several managers that make it at once one wins, and the others read what it made.</summary>
    /// <param name="secrets">Where Secrets are.</param>
    /// <param name="namespace">The managers' namespace.</param>
    /// <param name="time">What time it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">The API server does not let the manager, or cannot be reached.</exception>
    /// <exception cref="ManagerOptionsException">The Secret is there but does not hold what it should.</exception>
    public static async Task<InstallationSecret> OpenAsync(Resource<V1Secret> secrets, string @namespace, TimeProvider time, CancellationToken cancellationToken)
    {
        var name = new ObjectName(@namespace, Name);
        try
        {
            return Read(await secrets.GetAsync(name, cancellationToken).ConfigureAwait(false));
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            // The first manager of the installation.
        }

        try
        {
            return Read(await secrets.CreateAsync(Make(name, time), cancellationToken).ConfigureAwait(false));
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.AlreadyExists or ApiFailure.Unreachable)
        {
            return Read(await secrets.GetAsync(name, cancellationToken).ConfigureAwait(false));
        }
    }

    private static V1Secret Make(ObjectName name, TimeProvider time)
    {
        using var authority = CertificateAuthority.Create(time);
        return new()
        {
            Metadata = new()
            {
                Name = name.Name,
                NamespaceProperty = name.Namespace,
                Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "podpool", ["app.kubernetes.io/part-of"] = "podpool" },
            },
            Type = "Opaque",
            Data = new Dictionary<string, byte[]>
            {
                [ClaimKeyEntry] = Encoding.UTF8.GetBytes(ClaimKey.MakePem()),
                [AuthorityEntry] = Encoding.UTF8.GetBytes(authority.CertificatePem),
                [AuthorityKeyEntry] = Encoding.UTF8.GetBytes(authority.ExportKeyPem()),
            },
        };
    }

    private static InstallationSecret Read(V1Secret secret)
    {
        var where = $"the Secret '{secret.Metadata.NamespaceProperty}/{Name}'";
        try
        {
            return new(ClaimKey.Of(Entry(ClaimKeyEntry)), CertificateAuthority.Import(Entry(AuthorityEntry), Entry(AuthorityKeyEntry)));
        }
        catch (FormatException exception)
        {
            throw new ManagerOptionsException($"{where} {exception.Message}: delete it for a new one; all pods are replaced by that");
        }

        string Entry(string name)
            => secret.Data?.TryGetValue(name, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : throw new FormatException($"has no entry '{name}'");
    }
}
