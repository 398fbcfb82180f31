using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>The Secret that a pool's pods mount: what their loaders show, and whom they believe.</summary>
internal sealed class LoaderSecret(KubernetesApi api, InstallationSecret installation, TimeProvider time)
{
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
        await _secrets.ApplyAsync(SecretOf(pool, issued), KubernetesOptions.FieldManager, cancellationToken).ConfigureAwait(false);
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

    private V1Secret SecretOf(RuntimePoolResource pool, IssuedCertificate issued)
    {
        var secret = CertificateSecret.Of(
            PodManifest.CertificateSecretOf(pool.Metadata.Name), pool.Metadata.NamespaceProperty, issued, TrustBundle.Of(installation.Authority));
        secret.Metadata.OwnerReferences = [PodManifest.OwnerOf(pool)];
        return secret;
    }
}
