using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>A status with conditions.</summary>
internal interface IConditioned
{
    /// <summary>One a type.</summary>
    IReadOnlyList<ResourceCondition> Conditions { get; }
}
