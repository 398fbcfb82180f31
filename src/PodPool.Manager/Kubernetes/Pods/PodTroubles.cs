using k8s.Models;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>What keeps a pod from running, read from its status.</summary>
/// <param name="Message">For people; empty: nothing.</param>
/// <param name="Hopeless">Waiting will not help.</param>
internal readonly record struct PodTroubles(string Message, bool Hopeless)
{
    /// <summary>Nothing.</summary>
    public static readonly PodTroubles None = new("", false);

    /// <summary>Reasons for which a container waits that the kubelet tries again, but that another pod of the same template would meet as well.</summary>
    private static readonly HashSet<string> HopelessReasons = new(StringComparer.Ordinal)
    {
        "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff",
    };

    /// <summary>Whether a pod ended and does not come back.</summary>
    public static bool HasEnded(V1Pod pod) => pod.Status?.Phase is "Failed" or "Succeeded";

    /// <summary>Reads a pod's status.</summary>
    public static PodTroubles Of(V1Pod pod)
    {
        if (pod.Status is not { } status)
        {
            return None;
        }

        if (HasEnded(pod))
        {
            return new(EndOf(status), Hopeless: true);
        }

        foreach (var container in (status.InitContainerStatuses ?? []).Concat(status.ContainerStatuses ?? []))
        {
            if (container.State?.Waiting is { Reason: { } reason } waiting && HopelessReasons.Contains(reason))
            {
                return new(WithDetail($"its container '{container.Name}' cannot run ({reason})", waiting.Message), Hopeless: true);
            }
        }

        // A cluster may grow for a pod that has no place yet: it is said, and waited for.
        return status.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled
            ? new(WithDetail("no node takes it", unscheduled.Message), Hopeless: false)
            : None;
    }

    private static string EndOf(V1PodStatus status)
    {
        var ended = (status.ContainerStatuses ?? []).Select(container => container.State?.Terminated ?? container.LastState?.Terminated).FirstOrDefault(state => state is not null);
        var how = ended switch
        {
            null => status.Reason ?? "ended",
            { Reason: "OOMKilled" } => "used more memory than its limit and was killed",
            { Signal: { } signal and > 0 } => $"was ended by signal {signal}",
            _ => $"ended with exit code {ended.ExitCode}",
        };
        return WithDetail($"it {how}", status.Message ?? ended?.Message);
    }

    private static string WithDetail(string what, string? detail) => string.IsNullOrWhiteSpace(detail) ? what : $"{what}: {detail.Trim()}";
}
