using System.Text.Json.Nodes;
using Cel;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>A path of the application's, for events that match.</summary>
internal sealed class TopicRoute
{
    private readonly CelProgramDelegate? _matches;

    private TopicRoute(string match, string path, CelProgramDelegate? matches)
    {
        Match = match;
        Path = path;
        _matches = matches;
    }

    /// <summary>The expression; empty: every event matches.</summary>
    public string Match { get; }

    public string Path { get; }

    /// <exception cref="FormatException">The expression makes no sense.</exception>
    public static TopicRoute Create(string? match, string path)
    {
        match = match?.Trim() ?? "";
        if (match.Length == 0)
        {
            return new("", path, null);
        }

        try
        {
            return new(match, path, new CelEnvironment(null, null).Compile(match));
        }
#pragma warning disable CA1031 // What a compiler of expressions throws is its own business.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new FormatException($"the match expression {match} makes no sense: {exception.Message}", exception);
        }
    }

    /// <summary>The first route of several that takes an event; null: none does.</summary>
    /// <exception cref="FormatException">An expression cannot be applied to it, or is neither true nor false.</exception>
    public static TopicRoute? Find(IEnumerable<TopicRoute> routes, JsonNode? cloudEvent) => routes.FirstOrDefault(route => route.Takes(cloudEvent));

    private bool Takes(JsonNode? cloudEvent)
    {
        if (_matches is null)
        {
            return true;
        }

        object? result;
        try
        {
            result = _matches(new Dictionary<string, object?> { ["event"] = Plain(cloudEvent) });
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new FormatException($"{Match}: {exception.Message}", exception);
        }

        return result as bool? ?? throw new FormatException($"the result of match expression {Match} was not a boolean");
    }

    /// <summary>JSON as expressions know it. Numbers are doubles, as Go reads them.</summary>
    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject fields => fields.ToDictionary(field => field.Key, field => Plain(field.Value)),
        JsonArray items => items.Select(Plain).ToArray(),
        JsonValue value when value.TryGetValue<bool>(out var truth) => truth,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<double>(out var number) => number,
        _ => null,
    };
}
