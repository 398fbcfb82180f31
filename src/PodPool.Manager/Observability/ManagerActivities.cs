using System.Diagnostics;
using PodPool.Core;

namespace PodPool.Manager.Observability;

/// <summary>The manager's spans.</summary>
internal static class ManagerActivities
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "PodPool.Manager";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>What the current request belongs to, if anybody records it.</summary>
    public static ActivityContext Current => Source.HasListeners() && Activity.Current is { } activity ? activity.Context : default;

    /// <summary>From the claim to the pod's answer.</summary>
    public static Activity? StartSpecialize(ClaimOrder order, ActivityContext parent)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity("specialize", ActivityKind.Client, parent);
        activity?.SetTag("podpool.function", order.Function.Name.ToString());
        activity?.SetTag("podpool.revision", order.Function.Revision);
        activity?.SetTag("podpool.pod", order.Pod.Value);
        activity?.SetTag("podpool.claim", order.Claim.Value);
        return activity;
    }
}
