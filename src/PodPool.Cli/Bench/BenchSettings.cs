namespace PodPool.Cli.Bench;

/// <summary>How a bench measures.</summary>
/// <param name="Count">First requests a scenario.</param>
/// <param name="Warmup">First requests a scenario before those, in no figure.</param>
/// <param name="Arrivals">When requests are sent.</param>
/// <param name="Rate">A second, of open-loop arrivals.</param>
/// <param name="Settling">How long everything rests before a request that is sent alone; null: as long as the target needs.</param>
/// <param name="NoPool">Whether to measure the same without a pool.</param>
internal sealed record BenchSettings(int Count, int Warmup, ArrivalKind Arrivals, double Rate, TimeSpan? Settling, bool NoPool);

/// <summary>What a bench calls.</summary>
/// <param name="Name">As in <c>--scenario</c>.</param>
/// <param name="Source">A project, folder or assembly to deploy.</param>
/// <param name="EntryPoint">Empty: the only one.</param>
/// <param name="Path">Path and query behind the function's own.</param>
/// <param name="Body">A JSON body to POST; null: GET.</param>
/// <param name="AtOnce">Different functions called at the same time.</param>
internal sealed record BenchScenario(string Name, string Source, string EntryPoint = "", string Path = "", string? Body = null, int AtOnce = 1)
{
    /// <summary>Requests at once per instance; 0: as many as usual.</summary>
    public int Concurrency { get; init; }

    /// <summary>The scenarios over the samples of a source tree.</summary>
    public static IReadOnlyList<BenchScenario> OfSamples(string repository)
    {
        string Sample(string name) => System.IO.Path.Combine(repository, "src", "samples", name);
        return
        [
            new("hello", Sample("Hello"), Path: "?name=Ada"),
            new("methods-400", Sample("Methods400")),
            new("dependencies", Sample("Dependencies")),
            new("aspnet-app", Sample("WebApplication"), Path: "books"),
            new("eight-at-once", Sample("Hello"), Path: "?name=Ada", AtOnce: 8),
        ];
    }

    /// <summary>What <c>--scenario</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. OfSamples("").Select(scenario => scenario.Name)];
}
