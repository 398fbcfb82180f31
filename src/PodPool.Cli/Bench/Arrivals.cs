namespace PodPool.Cli.Bench;

/// <summary>When requests are sent.</summary>
internal enum ArrivalKind
{
    /// <summary>The next one when the pool is full and quiet again.</summary>
    OneAtATime,

    /// <summary>At random, independent of each other, as many callers do.</summary>
    Poisson,

    /// <summary>At equal distances.</summary>
    Constant,
}

/// <summary>
/// Open-loop schedules: the times are fixed before the first request is sent, so that a slow answer delays no later request, and each
/// latency counts from the time at which its request should have been sent.
/// </summary>
internal static class Arrivals
{
    /// <param name="kind">Poisson or constant.</param>
    /// <param name="count">How many.</param>
    /// <param name="rate">A second, in the mean.</param>
    /// <param name="random">Of Poisson arrivals.</param>
    /// <returns>Offsets from the start, ascending.</returns>
    public static IReadOnlyList<TimeSpan> Schedule(ArrivalKind kind, int count, double rate, Random random)
    {
        var times = new TimeSpan[count];
        var at = 0.0;
        for (var index = 0; index < count; index++)
        {
            // Exponential distances make a Poisson process; 1 - u is never 0.
            at += kind == ArrivalKind.Poisson ? -Math.Log(1 - random.NextDouble()) / rate : 1 / rate;
            times[index] = TimeSpan.FromSeconds(at);
        }

        return times;
    }
}
