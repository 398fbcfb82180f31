using PodPool.Contracts.V1;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>Conditions as they stand in an object's status.</summary>
internal static class Conditions
{
    /// <summary>One condition; the time of its last change is kept while its status is the same.</summary>
    /// <param name="before">What stood there; null: nothing.</param>
    /// <param name="type">One of <see cref="ConditionTypes"/>.</param>
    /// <param name="status">Whether it holds; null: nobody knows.</param>
    /// <param name="reason">One word, in the form of a name.</param>
    /// <param name="message">For a person.</param>
    /// <param name="generation">Of the object that was looked at.</param>
    /// <param name="now">What time it is.</param>
    public static ResourceCondition Of(IReadOnlyList<ResourceCondition>? before, string type, bool? status, string reason, string message, long? generation, DateTimeOffset now)
    {
        var text = status switch { true => ResourceCondition.True, false => ResourceCondition.False, null => ResourceCondition.Unknown };
        var last = before?.FirstOrDefault(condition => condition.Type == type);
        return new()
        {
            Type = type,
            Status = text,
            Reason = ReasonOf(reason),
            Message = message.Length > 0 ? message : null,
            ObservedGeneration = generation,
            LastTransitionTime = last?.Status == text ? last.LastTransitionTime : new(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero),
        };
    }

    /// <summary>One condition, as the manager says it to operators.</summary>
    public static ResourceCondition Of(IReadOnlyList<ResourceCondition>? before, Condition condition, long? generation, DateTimeOffset now)
        => Of(before, condition.Type, condition.Status, condition.Reason, condition.Message, generation, now);

    /// <summary>Reasons of the wire are <c>LIKE_THIS</c>, those of conditions <c>LikeThis</c>.</summary>
    private static string ReasonOf(string reason)
        => reason.Contains('_', StringComparison.Ordinal) || reason.All(char.IsAsciiLetterUpper)
            ? string.Concat(reason.Split('_').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()))
            : reason;
}
