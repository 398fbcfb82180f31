using PodPool.Core;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>Values of a pod's label <see cref="Contracts.PodLabels.State"/>.</summary>
internal static class PodStates
{
    public const string Starting = "starting";
    public const string Warm = "warm";
    public const string Claimed = "claimed";
    public const string Serving = "serving";
    public const string Draining = "draining";
    public const string Failed = "failed";

    /// <summary>As what a pod says of itself is written.</summary>
    public static string Of(PodPhase phase) => phase switch
    {
        PodPhase.Warm => Warm,
        PodPhase.Specializing => Claimed,
        PodPhase.Serving => Serving,
        PodPhase.Draining => Draining,
        PodPhase.Failed => Failed,
        _ => Starting,
    };
}
