using k8s.Models;
using PodPool.Contracts;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>What the manager keeps in memory of a pod: of ten thousand, whole, nobody could say why they are there.</summary>
internal static class PodDigest
{
    private static readonly string[] Labels = [PodLabels.Pool, PodLabels.State, PodLabels.Template, PodLabels.Function, PodLabels.FunctionNamespace, PodLabels.Revision];

    /// <summary>The part of a pod that is asked for here; the pod itself is left as it is.</summary>
    public static V1Pod Of(V1Pod pod) => new()
    {
        ApiVersion = pod.ApiVersion,
        Kind = pod.Kind,
        Metadata = new()
        {
            Name = pod.Metadata.Name,
            NamespaceProperty = pod.Metadata.NamespaceProperty,
            Uid = pod.Metadata.Uid,
            ResourceVersion = pod.Metadata.ResourceVersion,
            CreationTimestamp = pod.Metadata.CreationTimestamp,
            DeletionTimestamp = pod.Metadata.DeletionTimestamp,
            DeletionGracePeriodSeconds = pod.Metadata.DeletionGracePeriodSeconds,
            Labels = pod.Metadata.Labels?.Where(label => Labels.Contains(label.Key)).ToDictionary(label => label.Key, label => label.Value),
        },
        Spec = pod.Spec?.NodeName is { } node ? new() { NodeName = string.Intern(node), Containers = [] } : null,
        Status = pod.Status is not { } status ? null : new()
        {
            Phase = status.Phase,
            Reason = status.Reason,
            Message = status.Message,
            PodIP = status.PodIP,
            Conditions = status.Conditions?.Where(condition => condition is { Type: "PodScheduled", Status: "False" }).ToList() is { Count: > 0 } conditions ? conditions : null,
            InitContainerStatuses = Troubled(status.InitContainerStatuses),
            ContainerStatuses = Troubled(status.ContainerStatuses),
        },
    };

    /// <summary>Containers that run are as they should be.</summary>
    private static List<V1ContainerStatus>? Troubled(IList<V1ContainerStatus>? containers)
        => containers?.Where(container => container.State?.Running is null).Select(container => new V1ContainerStatus
        {
            Name = container.Name, State = container.State, LastState = container.LastState, Image = "", ImageID = "",
        }).ToList() is { Count: > 0 } troubled ? troubled : null;
}
