namespace PodPool.Simulation;

/// <summary>What was found.</summary>
/// <param name="Outcomes">One for each candidate, in their order.</param>
/// <param name="Requests">Requests of the load.</param>
/// <param name="Functions">Functions of the load.</param>
/// <param name="Repairs">What of the load was put right.</param>
/// <param name="LongestGap">The longest time without a request, and when it began.</param>
public sealed record TuneResult(IReadOnlyList<Outcome> Outcomes, long Requests, int Functions, IReadOnlyList<string> Repairs, (TimeSpan Length, DateTimeOffset Begin) LongestGap);

/// <summary>
/// Tries candidates on one load. The load is read once, part by part, and each part goes through all of them before the next one is read: so memory does not
/// grow with it. Candidates share nothing; on how many cores they run changes nothing of what comes out.
/// </summary>
public static class Tuner
{
    private const int PartLength = 1 << 15;

    /// <param name="source">The load.</param>
    /// <param name="candidates">What is tried.</param>
    /// <param name="prices">What pods cost.</param>
    /// <param name="cores">Candidates at once at most.</param>
    /// <param name="progress">Is told how much of the load was done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TraceException">The load cannot be read.</exception>
    public static TuneResult Run(ILoadSource source, IReadOnlyList<Candidate> candidates, Prices prices, int cores, Action<double>? progress, CancellationToken cancellationToken)
    {
        using var load = source.Open();
        var pools = candidates.Select(candidate => new SimulatedPool(candidate.Settings, load.Begin)).ToArray();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, cores), CancellationToken = cancellationToken };
        var part = new Arrival[PartLength];
        var (requests, last, gap) = (0L, 0L, (Length: 0L, Begin: 0L));
        while (load.Read(part) is > 0 and var count)
        {
            requests += count;
            foreach (ref readonly var arrival in part.AsSpan(0, count))
            {
                gap = arrival.At - last > gap.Length ? (arrival.At - last, last) : gap;
                last = arrival.At;
            }

            Each(pools, parallel, pool =>
            {
                pool.EnsureFunctions(load.Functions.Count);
                pool.Run(part.AsSpan(0, count));
            });
            progress?.Invoke(load.Progress);
        }

        if (requests == 0)
        {
            throw new TraceException("there is no request in it");
        }

        if (candidates.Max(candidate => candidate.Settings.WarmUp.Ticks) is var warmUp && load.End <= warmUp)
        {
            throw new TraceException(FormattableString.Invariant($"it lasts {TimeSpan.FromTicks(load.End).TotalMinutes:0.#} min, and nothing is counted before {TimeSpan.FromTicks(warmUp).TotalMinutes:0.#}"));
        }

        var results = new RunResult[pools.Length];
        Each([.. Enumerable.Range(0, pools.Length)], parallel, i => results[i] = pools[i].End(load.End));
        var outcomes = candidates.Zip(results, (candidate, result) => new Outcome(candidate, result, prices.Memory(result), prices.Cost(result))).ToList();
        return new(
            Outcome.MarkFront(outcomes), requests, load.Functions.Count, [.. load.Repairs.All], (TimeSpan.FromTicks(gap.Length), load.Begin + TimeSpan.FromTicks(gap.Begin)));
    }

    private static void Each<T>(T[] items, ParallelOptions parallel, Action<T> action)
    {
        if (parallel.MaxDegreeOfParallelism > 1 && items.Length > 1)
        {
            Parallel.ForEach(items, parallel, action);
            return;
        }

        foreach (var item in items)
        {
            parallel.CancellationToken.ThrowIfCancellationRequested();
            action(item);
        }
    }
}
