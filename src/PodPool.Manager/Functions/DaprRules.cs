using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.EventRules;

namespace PodPool.Manager.Functions;

/// <summary>What a function may ask for of Dapr.</summary>
internal static partial class DaprRules
{
    private const int LongestName = 255;
    private const int MostGrants = 1000;
    private const int MostMessages = 1000;
    private const int LongestAwait = 60_000;

    /// <summary>What is wrong with it; null: nothing.</summary>
    /// <param name="access">What is asked for.</param>
    /// <param name="environment">The function's variables.</param>
    public static string? ProblemOf(DaprAccess access, MapField<string, string> environment)
        => Components("stateStores", access.StateStores.Select(store => store.Store))
            ?? Shared("stateStores", access.StateStores.Select(store => (store.Store, store.Shared)))
            ?? Components("pubSubs", access.PubSubs.Select(pubSub => pubSub.PubSub))
            ?? access.PubSubs.Select(pubSub => Names($"pubSubs[{pubSub.PubSub}].topics", pubSub.Topics)).FirstOrDefault(problem => problem is not null)
            ?? Components("bindings", access.Bindings)
            ?? Components("secretStores", access.SecretStores.Select(store => store.Store))
            ?? access.SecretStores.Select(store => Names($"secretStores[{store.Store}].secrets", store.Secrets)).FirstOrDefault(problem => problem is not null)
            ?? Components("configurationStores", access.ConfigurationStores.Select(store => store.Store))
            ?? access.ConfigurationStores.Select(store => Names($"configurationStores[{store.Store}].keys", store.Keys)).FirstOrDefault(problem => problem is not null)
            ?? Components("lockStores", access.LockStores.Select(store => store.Store))
            ?? Shared("lockStores", access.LockStores.Select(store => (store.Store, store.Shared)))
            ?? Components("invoke", access.Invoke)
            ?? SubscriptionsProblem(access.Subscriptions)
            ?? Components("inputBindings", access.InputBindings.Select(binding => binding.Name))
            ?? access.InputBindings.Select(binding => PathProblem($"inputBindings[{binding.Name}].path", binding.Path)).FirstOrDefault(problem => problem is not null)
            ?? DaprVariables.All.Where(environment.ContainsKey)
                .Select(name => $"the variable '{name}' is what an instance finds Dapr by, and not the function's to set: leave it out, or leave out dapr").FirstOrDefault();

    private static string? SubscriptionsProblem(IReadOnlyCollection<DaprSubscription> subscriptions)
    {
        foreach (var subscription in subscriptions)
        {
            var field = $"subscriptions[{subscription.PubSub}/{subscription.Topic}]";
            var problem = Components("subscriptions.pubSub", [subscription.PubSub])
                ?? Names("subscriptions.topic", [subscription.Topic])
                ?? Names($"{field}.deadLetterTopic", subscription.DeadLetterTopic.Length == 0 ? [] : [subscription.DeadLetterTopic])
                ?? PathProblem($"{field}.path", subscription.Path)
                ?? BulkProblem(field, subscription.Bulk)
                ?? subscription.Rules.Select(rule => RuleProblem(field, rule)).FirstOrDefault(problem => problem is not null);
            if (problem is not null)
            {
                return problem;
            }
        }

        return TwiceOrTooMany("subscriptions", [.. subscriptions.Select(subscription => $"{subscription.PubSub}/{subscription.Topic}")]) ?? CircleProblem(subscriptions);
    }

    private static string? BulkProblem(string field, DaprBulk? bulk) => bulk switch
    {
        { MaxMessages: < 1 or > MostMessages } => $"dapr.{field}.bulk.maxMessages is {bulk.MaxMessages}; 1 to {MostMessages} are allowed",
        { MaxAwaitMilliseconds: < 1 or > LongestAwait } => $"dapr.{field}.bulk.maxAwaitMilliseconds is {bulk.MaxAwaitMilliseconds}; 1 to {LongestAwait} are allowed",
        _ => null,
    };

    /// <summary>Dead letters that the function takes itself must end somewhere: in a circle an event that it drops would go round for ever.</summary>
    private static string? CircleProblem(IReadOnlyCollection<DaprSubscription> subscriptions)
    {
        var next = subscriptions.Where(subscription => subscription.DeadLetterTopic.Length > 0)
            .ToDictionary(subscription => (subscription.PubSub, subscription.Topic), subscription => (subscription.PubSub, Topic: subscription.DeadLetterTopic));
        foreach (var (start, first) in next)
        {
            var at = first;
            for (var steps = 1; at != start && steps < next.Count && next.TryGetValue(at, out var further); steps++)
            {
                at = further;
            }

            if (at == start)
            {
                return $"dapr.subscriptions[{start.PubSub}/{start.Topic}].deadLetterTopic: '{first.Topic}' leads back to '{start.Topic}', so an event that is dropped would go round for ever";
            }
        }

        return null;
    }

    private static string? RuleProblem(string field, EventRule rule)
        => rule.Path.Length == 0 ? $"dapr.{field}.rules: the rule '{rule.Match}' has no path"
            : PathProblem($"{field}.rules", rule.Path) ?? (EventMatch.TryCompile(rule.Match, out _, out var error) ? null : $"dapr.{field}.rules: '{rule.Match}' is no expression in CEL: {error}");

    private static string? PathProblem(string field, string path)
        => path.Length == 0 || (path.StartsWith('/') && path.Length <= 1024 && path.All(character => character > ' ' && character is not ('#' or '\\' or '\x7f')) && !path.Split('?')[0].Split('/').Any(part => Uri.UnescapeDataString(part) is "." or ".."))
            ? null
            : $"dapr.{field}: '{path}' is no path: begin with '/', and use no space, fragment or '..' segment";

    private static string? Components(string field, IEnumerable<string> given)
    {
        var names = given.ToList();
        return names.Find(name => name.Length > LongestName || !Component().IsMatch(name)) is { } bad
            ? $"dapr.{field}: '{bad}' is no name of a component or application: 1 to {LongestName} of letters, digits, '-', '.' and '_', of which the first is a letter or digit"
            : TwiceOrTooMany(field, names);
    }

    private static string? Names(string field, IReadOnlyCollection<string> names)
        => names.FirstOrDefault(name => name.Length is 0 or > LongestName || name.Any(char.IsControl)) is { } bad
            ? $"dapr.{field}: '{bad}' is no name: 1 to {LongestName} characters, none of them a control character"
            : TwiceOrTooMany(field, names);

    private static string? TwiceOrTooMany(string field, IReadOnlyCollection<string> names)
        => names.Count > MostGrants ? $"dapr.{field} has {names.Count} names; {MostGrants} are allowed"
            : names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice ? $"dapr.{field} names '{twice.Key}' twice"
            : null;

    private static string? Shared(string field, IEnumerable<(string Store, string Shared)> stores)
        => stores.Where(store => store.Shared.Length > 0 && !FunctionRules.IsLabel(store.Shared))
            .Select(store => $"dapr.{field}[{store.Store}].shared is '{store.Shared}', which is no DNS label: 1 to 63 of a-z, 0-9 and '-', which neither begins nor ends it").FirstOrDefault();

    [GeneratedRegex(@"\A[A-Za-z0-9][-A-Za-z0-9._]*\z")]
    private static partial Regex Component();
}
