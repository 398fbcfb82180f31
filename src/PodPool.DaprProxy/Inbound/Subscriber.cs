using PodPool.Contracts.V1;
using PodPool.EventRules;

namespace PodPool.DaprProxy.Inbound;

/// <summary>A function that wants a topic's events.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rules">The first that is met says the path.</param>
/// <param name="Path">Where none is; null: then it does not want the event.</param>
/// <param name="DeadLetterTopic">Where events go that it drops or cannot handle; null: nowhere.</param>
/// <param name="IsRaw">It takes what is published for bytes.</param>
/// <param name="Bulk">How many at once; null: one by one.</param>
internal sealed record Subscriber(
    string Namespace, string Name, IReadOnlyList<(EventMatch Match, string Path)> Rules, string? Path, string? DeadLetterTopic, bool IsRaw = false, BulkLimits? Bulk = null)
{
    /// <summary><c>namespace/name</c>.</summary>
    public string Function => $"{Namespace}/{Name}";

    /// <summary>A function's subscription; rules that nobody can read, or whose paths are not the function's, are never met.</summary>
    public static Subscriber Of(string @namespace, string name, DaprSubscription subscription)
    {
        var rules = new List<(EventMatch, string)>();
        foreach (var rule in subscription.Rules)
        {
            if (FunctionPath.IsWithin(rule.Path) && EventMatch.TryCompile(rule.Match, out var match, out _))
            {
                rules.Add((match, rule.Path));
            }
        }

        var path = subscription.Path.Length > 0 ? subscription.Path : subscription.Rules.Count == 0 ? "/" : null;
        return new(
            @namespace, name, rules, path is not null && FunctionPath.IsWithin(path) ? path : null,
            subscription.DeadLetterTopic.Length > 0 ? subscription.DeadLetterTopic : null, subscription.RawPayload,
            subscription.Bulk is { } bulk ? new(bulk.MaxMessages, TimeSpan.FromMilliseconds(bulk.MaxAwaitMilliseconds)) : null);
    }

    /// <summary>Where an event goes in the function; null: it does not want it.</summary>
    public string? PathFor(TopicEvent topicEvent)
    {
        foreach (var (match, path) in Rules)
        {
            if (match.IsMet(topicEvent.Attributes))
            {
                return path;
            }
        }

        return Path;
    }
}

/// <summary>How a function wants events together.</summary>
/// <param name="MaxMessages">So many are posted at once.</param>
/// <param name="MaxAwait">So long the first of them waits for others.</param>
internal sealed record BulkLimits(int MaxMessages, TimeSpan MaxAwait);
