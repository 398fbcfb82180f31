using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Clusters;

/// <summary>What an API server's refusal means to the person at the command line.</summary>
internal static class ClusterFailure
{
    public static CliException Describe(ApiException exception) => exception.Failure switch
    {
        ApiFailure.Unreachable => new(
            ExitCode.Unreachable, $"the API server does not answer: {exception.Message}", "see that the context is the one that is meant, and that `kubectl version` answers", inner: exception),
        ApiFailure.Denied when exception.StatusCode == System.Net.HttpStatusCode.Unauthorized => new(
            ExitCode.Failed, $"the API server does not know who asks (401): {exception.Message}", "log in again, or see the user of the context in the kubeconfig", inner: exception),

        // The server's words name verb, resource and namespace; of ports it sends none.
        ApiFailure.Denied => new(
            ExitCode.Failed, exception.Message, "bind the role that has this right: deploy/README.md, \"Rights of users\"; `podpool check` lists what is missing", inner: exception),
        ApiFailure.NotFound => new(
            ExitCode.NotFound, exception.Message, "where a whole kind is not found, its custom resource is not installed: `podpool check` says so", inner: exception),
        ApiFailure.Invalid => new(ExitCode.Usage, exception.Message, inner: exception),
        _ => new(ExitCode.Failed, exception.Message, inner: exception),
    };
}
