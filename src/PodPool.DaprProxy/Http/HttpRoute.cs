using PodPool.DaprProxy.Access;

namespace PodPool.DaprProxy.Http;

/// <summary>A request of Dapr's HTTP API, taken apart.</summary>
/// <param name="Call">What it is about.</param>
/// <param name="Version">The first segment: "v1.0", "v1.0-alpha1", ….</param>
/// <param name="Shape">What is done with its body and path.</param>
/// <param name="Key">The key in its path, as the function means it; null: there is none.</param>
internal sealed record HttpRoute(DaprCall Call, string Version, HttpShape Shape, string? Key = null)
{
    private static readonly string[] Versions = ["v1.0", "v1.0-alpha1", "v1.0-alpha2", "v1.0-beta1"];

    /// <summary>Takes a request apart.</summary>
    /// <param name="method">GET, POST, ….</param>
    /// <param name="path">The path as it was sent, not decoded, without the query.</param>
    /// <param name="query">What was sent behind the path.</param>
    /// <remarks>
    /// A path with a segment "." or "..", however it is written, is unknown: daprd cleans a path before it looks at it, so what the door allowed
    /// would be something else there.
    /// </remarks>
    public static HttpRoute Parse(string method, string path, DaprQuery query)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is not [var version, ..] || !Versions.Contains(version) || segments.Any(segment => Text(segment) is "." or ".."))
        {
            return Unknown(method, path);
        }

        var write = method is "POST" or "PUT";
        return segments[1..] switch
        {
            ["state", var store] when write => new(new DaprCall.State(Text(store)), version, HttpShape.Save),
            ["state", var store, "bulk"] when write => new(new DaprCall.State(Text(store)), version, HttpShape.Bulk),
            ["state", var store, "transaction"] when write => new(new DaprCall.State(Text(store)), version, HttpShape.Transaction),
            ["state", var store, "query"] when write => new(new DaprCall.State(Text(store)), version, HttpShape.Query),
            ["state", var store, var key] when method is "GET" or "DELETE" => new(new DaprCall.State(Text(store)), version, HttpShape.Key, Text(key)),
            ["publish", "bulk", var pubSub, .. { Length: > 0 } topic] when write => new(new DaprCall.Publish(Text(pubSub), Join(topic)), version, HttpShape.AsItIs),
            ["publish", var pubSub, .. { Length: > 0 } topic] when write => new(new DaprCall.Publish(Text(pubSub), Join(topic)), version, HttpShape.AsItIs),
            ["bindings", var name] when write => new(new DaprCall.Binding(Text(name)), version, HttpShape.AsItIs),
            ["secrets", var store, "bulk"] when method == "GET" => new(new DaprCall.Secret(Text(store), null, query.Namespace), version, HttpShape.AsItIs),
            ["secrets", var store, var name] when method == "GET" => new(new DaprCall.Secret(Text(store), Text(name), query.Namespace), version, HttpShape.AsItIs),
            ["configuration", var store] when method == "GET" => new(new DaprCall.Configuration(Text(store), query.Keys), version, HttpShape.AsItIs),
            ["lock", var store] when write => new(new DaprCall.Lock(Text(store)), version, HttpShape.Lock),
            ["unlock", var store] when write => new(new DaprCall.Lock(Text(store)), version, HttpShape.Lock),
            ["invoke", var target, "method", ..] => new(new DaprCall.Invoke(Text(target)), version, HttpShape.AsItIs),
            ["healthz"] or ["healthz", "outbound"] when method == "GET" => new(new DaprCall.Health(), version, HttpShape.AsItIs),
            ["metadata"] when method == "GET" => new(new DaprCall.Metadata(), version, HttpShape.Metadata),
            _ => Unknown(method, path),
        };
    }

    private static HttpRoute Unknown(string method, string path) => new(new DaprCall.Unknown($"{method} {path}"), "", HttpShape.AsItIs);

    /// <remarks>A topic may hold slashes; Dapr takes all that is left of the path.</remarks>
    private static string Join(string[] topic) => string.Join('/', topic.Select(Text));

    /// <summary>A parameter as Dapr reads it: once decoded as in a query, where a plus is a space.</summary>
    private static string Text(string segment) => Uri.UnescapeDataString(segment.Replace('+', ' '));
}

/// <summary>What has to be done with a request on its way to daprd, and with the answer.</summary>
internal enum HttpShape
{
    /// <summary>Nothing.</summary>
    AsItIs,

    /// <summary>A list of items to save.</summary>
    Save,

    /// <summary>A list of keys, answered by items.</summary>
    Bulk,

    /// <summary>Operations on items.</summary>
    Transaction,

    /// <summary>A query, answered by items of the whole store.</summary>
    Query,

    /// <summary>A key in the path.</summary>
    Key,

    /// <summary>The id of a resource.</summary>
    Lock,

    /// <summary>What daprd says of itself.</summary>
    Metadata,
}
