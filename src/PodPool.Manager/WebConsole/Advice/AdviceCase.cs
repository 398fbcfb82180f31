using System.Collections.Frozen;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Pools;
using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>What advice on a pool's size is reckoned from, as it was when somebody asked.</summary>
internal sealed record AdviceCase
{
    /// <summary>Fewer claims say nothing of how they come.</summary>
    public const int LeastClaims = 30;

    /// <summary>The same of a shorter time.</summary>
    public static readonly TimeSpan LeastTime = TimeSpan.FromMinutes(10);

    /// <summary>The share of claims that may miss where the pool does not say.</summary>
    private const double UsualMissProbability = 0.01;

    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(30);

    /// <summary>The pool, as the manager names it.</summary>
    public required string Pool { get; init; }

    /// <summary>The RuntimePool that says how it is kept; null: it is no object of a cluster.</summary>
    public ObjectName? Object { get; init; }

    /// <summary>How it is kept now.</summary>
    public required PoolSpec Spec { get; init; }

    /// <summary>When pods were wanted.</summary>
    public required ClaimTimes Claims { get; init; }

    /// <summary>How long refills take.</summary>
    public required SeenTimes Refills { get; init; }

    /// <summary>How long starts take.</summary>
    public required SeenTimes Starts { get; init; }

    /// <summary>Whether there is enough to reckon with.</summary>
    public bool IsEnough => Claims.Ticks.Count >= LeastClaims && Claims.Length >= LeastTime;

    /// <summary>The share of claims that may miss.</summary>
    public double MissProbability => Spec.Auto?.MissProbability ?? UsualMissProbability;

    /// <summary>Claims a second, on average.</summary>
    public double Demand => Claims.Ticks.Count / Claims.Length.TotalSeconds;

    /// <summary>Refills that may begin in a second.</summary>
    public double MostRefills => Settings.MostRefills;

    /// <summary>Claims come faster than refills may begin: no number of warm pods would last, though a large one does for as long as there are claims to try.</summary>
    public bool RefillsAreTooSlow => Demand >= MostRefills;

    /// <summary>The claims, to be tried again.</summary>
    public ClaimLoad Load => new(Claims.Begin, Claims.Ticks, Claims.Length);

    /// <summary>As many warm pods as there may be.</summary>
    private int Most => Math.Max(1, Math.Min(Spec.Max, Spec.Auto?.Max ?? int.MaxValue));

    /// <summary>
    /// The pool without what says its size. Its limit of pods in all counts instances, too, of which nobody noted how long they lived: so there is none here.
    /// What is kept for named functions comes on top, whatever the size.
    /// </summary>
    public SimulationSettings Settings => ClaimLoad.Try(new()
    {
        Pool = Spec with { Template = "", Warm = 0, Auto = null, Schedules = [], Reserve = FrozenDictionary<FunctionName, int>.Empty, Max = int.MaxValue },
        Refill = Refills.Times,
        Start = Starts.Times,
        WarmUp = WarmUp,
    });

    /// <summary>What is tried.</summary>
    public TunePlan Plan => new([Settings], null, [SizePolicy.Fixed, SizePolicy.Auto], MissProbability, Most) { Least = Math.Min(Spec.Auto?.Min ?? 1, Most) };

    /// <summary>Of a pool that is remembered, now.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="trace">What is remembered of it.</param>
    /// <param name="isObject">It is an object of a cluster.</param>
    public static AdviceCase Of(PoolRunner pool, PoolTrace trace, bool isObject)
    {
        var status = pool.Status;
        return new()
        {
            Pool = pool.Name,
            Object = isObject ? PoolMapping.NameOf(pool.Name) : null,
            Spec = status.Spec,
            Claims = trace.Claims.Read(),
            Refills = SeenTimes.OfRefills(status, trace),
            Starts = SeenTimes.OfStarts(trace),
        };
    }

    /// <summary>A tenth of the claims and of the time at most: a size that the pool finds itself is not judged by what it did before it knew anything.</summary>
    private TimeSpan WarmUp
    {
        get
        {
            var tenth = Math.Min(Claims.Length.Ticks / 10, Claims.Ticks[Claims.Ticks.Count / 10]);
            return TimeSpan.FromTicks(Math.Min(tenth, LongestWarmUp.Ticks));
        }
    }
}
