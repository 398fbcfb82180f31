using PodPool.Manager.Observability;
using PodPool.Manager.WebConsole.History;

namespace PodPool.Manager.WebConsole;

/// <summary>From states to messages.</summary>
internal static class Changes
{
    /// <summary>Everything, for who begins to look.</summary>
    /// <param name="state">The state.</param>
    /// <param name="events">The last events, the state's own with them.</param>
    /// <param name="misses">The last misses.</param>
    /// <param name="history">How the pools were.</param>
    public static ConsoleMessage All(ConsoleState state, IReadOnlyList<EventRow> events, IReadOnlyList<MissRow> misses, IReadOnlyDictionary<string, IReadOnlyList<LevelSample>> history) => new()
    {
        At = state.At,
        Leads = state.Leads,
        Leader = state.Leader,
        Pools = [.. state.Pools.Values],
        Functions = [.. state.Functions.Values],
        Starts = state.Starts,
        Misses = misses,
        Events = events,
        Phases = StartHistogram.Phases,
        Boundaries = ManagerMetrics.Boundaries,
        History = [.. history.Select(pool => new HistoryRow(pool.Key, [.. pool.Value.Select(Numbers)]))],
    };

    /// <summary>What is not as it was; null: nothing.</summary>
    public static ConsoleMessage? Between(ConsoleState before, ConsoleState now)
    {
        var pools = Changed(before.Pools, now.Pools);
        var functions = Changed(before.Functions, now.Functions);
        var starts = before.Starts.Count == now.Starts.Count && before.Starts.Zip(now.Starts).All(phase => phase.First.AsSpan().SequenceEqual(phase.Second)) ? null : now.Starts;
        var isSame = before.Leads == now.Leads && before.Leader == now.Leader && pools.Rows is null && pools.Gone is null && functions.Rows is null && functions.Gone is null
            && starts is null && now.NewMisses.Count == 0 && now.NewEvents.Count == 0;
        return isSame ? null : new()
        {
            At = now.At,
            Leads = now.Leads,
            Leader = now.Leader,
            Pools = pools.Rows,
            PoolsGone = pools.Gone,
            Functions = functions.Rows,
            FunctionsGone = functions.Gone,
            Starts = starts,
            Misses = now.NewMisses.Count > 0 ? now.NewMisses : null,
            Events = now.NewEvents.Count > 0 ? now.NewEvents : null,
        };
    }

    private static (List<T>? Rows, List<string>? Gone) Changed<T>(IReadOnlyDictionary<string, T> before, IReadOnlyDictionary<string, T> now)
        where T : class
    {
        List<T>? rows = null;
        foreach (var (name, row) in now)
        {
            if (!before.TryGetValue(name, out var known) || !row.Equals(known))
            {
                (rows ??= []).Add(row);
            }
        }

        List<string>? gone = null;
        foreach (var name in before.Keys)
        {
            if (!now.ContainsKey(name))
            {
                (gone ??= []).Add(name);
            }
        }

        return (rows, gone);
    }

    private static long[] Numbers(LevelSample sample)
    {
        var levels = sample.Levels;
        return [sample.At, levels.Starting, levels.Warm, levels.Claimed, levels.Serving, levels.Draining, levels.Claims, levels.Misses];
    }
}
