using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>What <c>podpool tune</c> found, as <c>--output json</c> gives it. Times are in seconds, memory in GiB.</summary>
internal sealed record TuneReport(
    string Load,
    long Requests,
    int Functions,
    IReadOnlyList<string> Repairs,
    double LongestGap,
    TuneAssumptions Assumptions,
    IReadOnlyList<TuneRow> Outcomes,
    string? Recommended,
    string Verdict,
    string? Yaml,
    bool Applied);

/// <summary>What was assumed. Refills and starts are a median and a 99th percentile; of idle timeouts and concurrency, each was tried.</summary>
internal sealed record TuneAssumptions(
    double[] Refill, string RefillFrom, double RefillSlowdown, double[] Start, double[] IdleTimeout, int[] Concurrency, double WarmUp, double MissProbability, double PodMemory, double MemoryPrice, int RefillParallelism, double RefillPerSecond, ulong Seed);

/// <summary>One candidate.</summary>
internal sealed record TuneRow(
    string Policy,
    double IdleTimeout,
    int Concurrency,
    double MissRate,
    long Claims,
    long Misses,
    long Immediate,
    long Held,
    long Refused,
    double StartP50,
    double StartP99,
    double StartP999,
    double WarmPodHours,
    double StartingPodHours,
    double ServingPodHours,
    double IdlePodHours,
    double Memory,
    double Cost,
    bool Front)
{
    public static TuneRow Of(Outcome outcome)
    {
        var (settings, result) = (outcome.Candidate.Settings, outcome.Result);
        return new(
            outcome.Candidate.Name,
            settings.IdleTimeout.TotalSeconds,
            settings.Concurrency,
            result.MissRate,
            result.Starts,
            result.Misses,
            result.Immediate,
            result.Held,
            result.Refused,
            result.StartP50.TotalSeconds,
            result.StartP99.TotalSeconds,
            result.StartP999.TotalSeconds,
            result.WarmPodHours,
            result.StartingPodHours,
            result.ServingPodHours,
            Math.Max(0, result.ServingPodHours - result.BusyPodHours),
            outcome.Memory,
            outcome.Cost,
            outcome.OnFront);
    }
}
