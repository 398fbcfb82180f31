using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Installing;

/// <summary>
/// The Secrets that the pods of routers and of doors mount: what they show to managers, and whom they believe. The manager that leads keeps them.
/// </summary>
internal sealed partial class PeerSecrets(
    KubernetesApi api, KubernetesOptions options, InstallationSecret installation, Leadership leadership, TimeProvider time, ILogger<PeerSecrets> logger)
{
    /// <summary>The name of the routers' Secret.</summary>
    public const string Router = "podpool-router";

    /// <summary>The name of the doors' Secret.</summary>
    public const string Door = "podpool-door";

    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    private readonly Resource<V1Secret> _secrets = api.Resource<V1Secret>();

    /// <summary>As soon as this manager leads, and whenever what it issued is due, there is a new certificate in each Secret.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await leadership.WhenLeadsAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(
            KeepAsync(Router, () => installation.Authority.IssueRouter(time), cancellationToken), KeepAsync(Door, () => installation.Authority.IssueDoor(time), cancellationToken)).ConfigureAwait(false);
    }

    private async Task KeepAsync(string name, Func<IssuedCertificate> issue, CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            TimeSpan rest;
            try
            {
                var issued = issue();
                await _secrets.ApplyAsync(
                    CertificateSecret.Of(name, options.Namespace, issued, TrustBundle.Of(installation.Authority)), KubernetesOptions.FieldManager, cancellationToken).ConfigureAwait(false);
                (failures, rest) = (0, issued.Life.DueAt - time.GetUtcNow());
            }
            catch (ApiException exception)
            {
                rest = Pauses.After(++failures);
                Log.NotWritten(logger, options.Namespace, name, exception.Message);
            }

            await Task.Delay(rest, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A certificate could not be written to the Secret '{Namespace}/{Name}', it is tried again: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string @namespace, string name, string message);
    }
}
