namespace PodPool.Cli.Bench.Plans;

/// <summary>The times of a load's requests, fixed before the first is sent: see <see cref="Bench.Arrivals"/>.</summary>
internal static class LoadSchedule
{
    /// <summary>More requests than any machine here can send in a scenario: a mistyped rate shall not fill the memory.</summary>
    public const int MaxRequests = 5_000_000;

    /// <param name="arrivals">Not one at a time.</param>
    /// <param name="duration">Of the stage.</param>
    /// <param name="random">Of Poisson arrivals.</param>
    /// <returns>Offsets from the stage's begin, ascending, within its duration; a single burst is whole however short that is.</returns>
    public static IEnumerable<TimeSpan> Of(PlanArrivals arrivals, TimeSpan duration, Random random) => arrivals.Kind switch
    {
        PlanArrivalKind.Poisson => AtRandom(arrivals, duration, random),
        PlanArrivalKind.Constant => AtEqualDistances(arrivals, duration),
        PlanArrivalKind.Burst => Bursts(arrivals, duration),
        _ => throw new ArgumentOutOfRangeException(nameof(arrivals)),
    };

    /// <summary>About how many requests that makes.</summary>
    public static double Expected(PlanArrivals arrivals, TimeSpan duration)
    {
        var seconds = Math.Max(0, (duration - arrivals.Begin).TotalSeconds);
        return arrivals.Kind switch
        {
            PlanArrivalKind.OneAtATime => arrivals.Count,
            PlanArrivalKind.Burst => arrivals.Size * (arrivals.Every is { } every ? Math.Max(1, Math.Ceiling(seconds / every.TotalSeconds)) : 1),
            PlanArrivalKind.Constant => Math.Ceiling(arrivals.Rate * seconds),
            _ => arrivals.Rate * seconds,
        };
    }

    private static IEnumerable<TimeSpan> AtRandom(PlanArrivals arrivals, TimeSpan duration, Random random)
    {
        // Exponential distances make a Poisson process; 1 - u is never 0.
        var seconds = 0.0;
        while (arrivals.Begin + TimeSpan.FromSeconds(seconds += -Math.Log(1 - random.NextDouble()) / arrivals.Rate) is var at && at < duration)
        {
            yield return at;
        }
    }

    private static IEnumerable<TimeSpan> AtEqualDistances(PlanArrivals arrivals, TimeSpan duration)
    {
        for (var index = 0; arrivals.Begin + TimeSpan.FromSeconds(index / arrivals.Rate) is var at && at < duration; index++)
        {
            yield return at;
        }
    }

    private static IEnumerable<TimeSpan> Bursts(PlanArrivals arrivals, TimeSpan duration)
    {
        var at = arrivals.Begin;
        do
        {
            for (var index = 0; index < arrivals.Size; index++)
            {
                yield return at;
            }

            at += arrivals.Every ?? TimeSpan.Zero;
        }
        while (arrivals.Every is not null && at < duration);
    }
}
