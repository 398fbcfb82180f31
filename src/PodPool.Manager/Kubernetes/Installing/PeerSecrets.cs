using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Installing;

/// <summary>The Secret that the routers' pods mount: what they show to managers, and whom they believe. The manager that leads keeps it.</summary>
internal sealed partial class RouterSecret(
    KubernetesApi api, KubernetesOptions options, InstallationSecret installation, Leadership leadership, TimeProvider time, ILogger<RouterSecret> logger)
{
    /// <summary>The Secret's name.</summary>
    public const string Name = "podpool-router";

    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    private readonly Resource<V1Secret> _secrets = api.Resource<V1Secret>();

    /// <summary>As soon as this manager leads, and whenever what it issued is due, there is a new certificate in the Secret.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await leadership.WhenLeadsAsync(cancellationToken).ConfigureAwait(false);
        var failures = 0;
        while (true)
        {
            TimeSpan rest;
            try
            {
                var issued = installation.Authority.IssueRouter(time);
                await _secrets.ApplyAsync(
                    CertificateSecret.Of(Name, options.Namespace, issued, TrustBundle.Of(installation.Authority)), KubernetesOptions.FieldManager, cancellationToken).ConfigureAwait(false);
                (failures, rest) = (0, issued.Life.DueAt - time.GetUtcNow());
            }
            catch (ApiException exception)
            {
                rest = Pauses.After(++failures);
                Log.NotWritten(logger, options.Namespace, exception.Message);
            }

            await Task.Delay(rest, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The routers' certificate could not be written to the Secret '{Namespace}/" + Name + "', it is tried again: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string @namespace, string message);
    }
}
