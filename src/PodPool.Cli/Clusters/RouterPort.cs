using k8s.Models;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Clusters;

/// <summary>The way to a router, for who has no other into the cluster.</summary>
internal static class RouterPort
{
    private const string Labels = "app.kubernetes.io/name=podpool,app.kubernetes.io/component=router";
    private const int DefaultPort = 8080;

    /// <exception cref="CliException">No router is ready.</exception>
    /// <exception cref="ApiException">The API server does not answer, or refuses.</exception>
    public static async ValueTask<Stream> ConnectAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var pods = await cluster.Api.Resource<V1Pod>(cluster.Installation, Labels).ListAsync(0, null, cancellationToken).ConfigureAwait(false);
        var router = pods.Items.FirstOrDefault(IsReady) ?? throw new CliException(
            ExitCode.Unreachable, $"no router is ready in the namespace '{cluster.Installation}' of '{cluster.Context}'", $"see `kubectl -n {cluster.Installation} get pods`, and `podpool check`");
        var port = router.Spec.Containers.SelectMany(container => container.Ports ?? []).FirstOrDefault(each => each.Name == "http")?.ContainerPort ?? DefaultPort;
        return await cluster.Api.ForwardAsync(ObjectName.Of(router), port, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsReady(V1Pod pod)
        => pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
