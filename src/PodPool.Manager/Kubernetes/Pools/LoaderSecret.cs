using System.Text;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>
/// The Secret that a pool's pods mount: what their loaders show, and whose clients they take. It is written and never read: what a manager
/// issued itself it knows, and what another issued is replaced, since all of it is trusted alike.
/// </summary>
internal sealed class LoaderSecret(KubernetesApi api, InstallationSecret installation, TimeProvider time)
{
    /// <summary>Who owns the fields.</summary>
    public const string FieldManager = "podpool-manager";

    private readonly Resource<V1Secret> _secrets = api.Resource<V1Secret>();
    private readonly Dictionary<string, CertificateLife> _issued = [];
    private readonly Lock _gate = new();

    /// <summary>Sees to it that the Secret holds a certificate that is not due yet.</summary>
    /// <returns>After which time to look again.</returns>
    /// <exception cref="ApiException">It cannot be written.</exception>
    public async Task<TimeSpan> EnsureAsync(RuntimePoolResource pool, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_issued.TryGetValue(pool.Metadata.Uid, out var life) && !life.IsDue(time))
            {
                return life.DueAt - time.GetUtcNow();
            }
        }

        var issued = installation.Authority.IssueServer(LoaderName.Of(pool.Metadata.Name, pool.Metadata.NamespaceProperty), time);
        await _secrets.ApplyAsync(SecretOf(pool, issued), FieldManager, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _issued[pool.Metadata.Uid] = issued.Life;
        }

        return issued.Life.DueAt - time.GetUtcNow();
    }

    /// <summary>The pool is gone; its Secret goes with it.</summary>
    public void Forget(string uid)
    {
        lock (_gate)
        {
            _issued.Remove(uid);
        }
    }

    private V1Secret SecretOf(RuntimePoolResource pool, IssuedCertificate issued) => new()
    {
        Metadata = new()
        {
            Name = PodManifest.CertificateSecretOf(pool.Metadata.Name),
            NamespaceProperty = pool.Metadata.NamespaceProperty,
            Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "podpool", ["app.kubernetes.io/part-of"] = "podpool" },
            OwnerReferences = [PodManifest.OwnerOf(pool)],
        },
        Type = "Opaque",
        Data = new Dictionary<string, byte[]>
        {
            ["tls.crt"] = Encoding.UTF8.GetBytes(issued.CertificatePem),
            ["tls.key"] = Encoding.UTF8.GetBytes(issued.KeyPem),
            ["ca.crt"] = Encoding.UTF8.GetBytes(TrustBundle.Of(installation.Authority).Pem),
        },
    };
}
