using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>Which changes of an object's conditions are events.</summary>
internal static class ConditionEvents
{
    /// <summary>
    /// What happened between two looks at an object. A condition that turned bad, or is bad for another reason, is a warning; one that turned
    /// good again is said too. Nothing is said of what is not known yet, nor of what is good from the start.
    /// </summary>
    /// <param name="before">The conditions that were written last; null: none ever.</param>
    /// <param name="after">Those of now.</param>
    public static IEnumerable<ObjectEvent> Between(IReadOnlyList<ResourceCondition>? before, IReadOnlyList<ResourceCondition> after)
    {
        foreach (var now in after)
        {
            var then = before?.FirstOrDefault(condition => condition.Type == now.Type);
            var wasBad = then is not null && IsBad(then);
            if (IsBad(now))
            {
                // A pool that is degraded is told so once, and not that it is not ready for the same reason; so is a function without its package.
                if ((!wasBad || then!.Reason != now.Reason) && !IsSaidBy(after, now))
                {
                    yield return new(true, now.Reason, now.Message ?? $"{now.Type} is {now.Status}");
                }
            }
            else if (wasBad && now.Status != ResourceCondition.Unknown && !IsSaidBy(before!, then!))
            {
                yield return new(false, now.Type == ConditionTypes.Degraded ? "Recovered" : now.Type, now.Message ?? $"no longer {then!.Reason}");
            }
        }
    }

    private static bool IsBad(ResourceCondition condition) => condition.Type switch
    {
        // While a pool makes no pods nothing is wrong with it.
        ConditionTypes.Refilling => false,
        ConditionTypes.Degraded => condition.Status == ResourceCondition.True,
        _ => condition.Status == ResourceCondition.False,
    };

    private static bool IsSaidBy(IReadOnlyList<ResourceCondition> all, ResourceCondition one) => all.TakeWhile(other => other != one).Any(other => IsBad(other) && other.Reason == one.Reason);
}
