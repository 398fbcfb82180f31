using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>One way to keep a pool, and the world that it is kept in.</summary>
public sealed record SimulationSettings
{
    /// <summary>How the pool is kept.</summary>
    public required PoolSpec Pool { get; init; }

    /// <summary>What a pool assumes that refills take before it has measured any (<c>RefillTimes</c> of the core).</summary>
    public static readonly Spread AssumedRefill = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8));

    /// <summary>What starts take where nobody measured any.</summary>
    public static readonly Spread AssumedStart = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(60));

    /// <summary>From the order of a pod until it is warm, where no other is ordered and not warm yet.</summary>
    public required Spread Refill { get; init; }

    /// <summary>So much longer that takes, as a share of it, for each other that is under way at its order: they may have to share processors. Default: 0.</summary>
    public double RefillSlowdown { get; init; }

    /// <summary>From a claim until the request has reached its instance. Default: 20 ms at the median, 60 ms at p99.</summary>
    public Spread Start { get; init; } = AssumedStart;

    /// <summary>Refills that may begin in a second, in the long run.</summary>
    public double MostRefills => Math.Min(Pool.RefillPerSecond, Pool.RefillParallelism / Math.Max(0.001, Refill.Mean.TotalSeconds));

    /// <summary>When an idle instance ends. Default: 5 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Requests at once per instance. Default: 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>How long a request is held before it is refused. Default: 30 s, as routers do.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// So much of the load comes before anything is counted: a trace begins in the midst of traffic, and what a pool does that has just been switched on says
    /// nothing of it. In the first part of it (<see cref="Settling"/>) each request has its instance, for those are there already; from then on the pool learns.
    /// Default: none.
    /// </summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>Until then each instance has been kept or ended by the idle timeout: the pool looks back for an eighth more than that.</summary>
    public TimeSpan Settling => WarmUp < IdleTimeout * 9 / 8 ? WarmUp : IdleTimeout * 9 / 8;

    /// <summary>Chance comes from it: the same seed, the same run.</summary>
    public ulong Seed { get; init; } = 1;
}
