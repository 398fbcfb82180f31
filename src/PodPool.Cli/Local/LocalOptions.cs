using System.Net;
using PodPool.Cli.Local.Dapr;

namespace PodPool.Cli.Local;

/// <summary>How a local platform is set up.</summary>
/// <param name="Listen">Where callers come in; port 0 takes a free one.</param>
/// <param name="State">The state folder.</param>
/// <param name="Warm">Warm pods to keep; null: what was set before, or 4.</param>
/// <param name="MissProbability">The pool sizes itself, so that this share of claims finds no warm pod; null: it does not.</param>
/// <param name="Max">Pods in all; 0: no limit.</param>
/// <param name="MemoryBytes">What one pod may use; 0: no limit.</param>
/// <param name="Domain">Functions are also called at <c>function.namespace.domain</c>; null: only <c>localhost</c>.</param>
/// <param name="Verbose">Whether the logs have more than warnings.</param>
internal sealed record LocalOptions(IPEndPoint Listen, string State, int? Warm, double? MissProbability, int Max, long MemoryBytes, string? Domain, bool Verbose)
{
    /// <summary>Where the manager is looked at in a browser; port 0 takes a free one. Null: nowhere.</summary>
    public IPEndPoint? Console { get; init; }

    /// <summary>A file that is told each request; null: none is.</summary>
    public string? AccessLog { get; init; }

    /// <summary>What is wanted of Dapr; null: nothing.</summary>
    public LocalDaprOptions? Dapr { get; init; }
}
