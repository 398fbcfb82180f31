using System.Text.Json.Serialization;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench.Plans;

/// <summary>A pool while a scenario ran: at each time, how many pods were in which state.</summary>
/// <param name="Scenario">Which.</param>
/// <param name="Pool">Its name.</param>
/// <param name="AtMs">Milliseconds after the scenario's begin, ascending; all other lists are as long.</param>
/// <param name="Warm">Pods that wait for a claim.</param>
/// <param name="Starting">Pods that are not ready yet.</param>
/// <param name="Serving">Pods that hold a function, those that are just claimed among them.</param>
/// <param name="Misses">Claims since the begin that found no warm pod.</param>
/// <param name="Claims">Claims since the begin.</param>
/// <param name="Stages">When each stage began.</param>
internal sealed record PoolTimeline(
    string Scenario,
    string Pool,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> AtMs,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> Warm,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> Starting,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> Serving,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> Misses,
    [property: JsonConverter(typeof(CompactNumbers))] IReadOnlyList<double> Claims,
    IReadOnlyList<StageMark> Stages);

/// <summary>A stage's begin.</summary>
internal sealed record StageMark(double AtMs, string Stage);
