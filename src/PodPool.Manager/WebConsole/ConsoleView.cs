using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;
using PodPool.Manager.WebConsole.History;

namespace PodPool.Manager.WebConsole;

/// <summary>Looks at everything that the page shows.</summary>
internal sealed class ConsoleView(
    PoolSet pools, FunctionRegistry functions, EventJournal journal, StartFigures starts, LevelRecorder levels, Leadership leadership, ILeading leading, TimeProvider time)
{
    /// <summary>All of it, now.</summary>
    /// <param name="before">What was seen last; null: nothing.</param>
    public ConsoleState Read(ConsoleState? before)
    {
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (leadership.Current is null)
        {
            return new() { At = at, Leads = false, Leader = leading.Leader };
        }

        // A function at a time, so that no claim waits while a pool tells of thousands.
        var rows = new Dictionary<string, FunctionRow>();
        var held = new Dictionary<string, (long Waiting, long InFlight)>();
        foreach (var record in functions.All.Values)
        {
            var row = Row(record);
            rows.Add(row.Name, row);
            var (waiting, inFlight) = held.GetValueOrDefault(row.Pool);
            held[row.Pool] = (waiting + row.Waiting, inFlight + row.InFlight);
        }

        foreach (var broken in functions.Broken.Values)
        {
            rows.TryAdd(broken.Name.ToString(), new(broken.Name.ToString(), "", Ready: false, Reason.FunctionNotReady.WireName(), 0, 0, 0, 0, 0) { Fault = broken.Message });
        }

        var (events, eventCount) = journal.Happenings.After(before?.EventCount ?? 0);
        var (misses, missCount) = journal.Misses.After(before?.MissCount ?? 0);
        return new()
        {
            At = at,
            Leads = true,
            Pools = pools.All.ToDictionary(pool => pool.Name, pool => Row(pool, held.GetValueOrDefault(pool.Name))),
            Functions = rows,
            Starts = starts.Read(),
            EventCount = eventCount,
            MissCount = missCount,
            NewEvents = [.. events.Select(Row)],
            NewMisses = [.. misses.Select(Row)],
        };
    }

    /// <summary>A state with all that is kept beside it, for who begins to look.</summary>
    public ConsoleMessage ReadAll(ConsoleState state)
    {
        if (!state.Leads)
        {
            return Changes.All(state, [], [], new Dictionary<string, IReadOnlyList<LevelSample>>());
        }

        // What came since will be told as news.
        var events = journal.Happenings.After(0, state.EventCount).Items;
        var misses = journal.Misses.After(0, state.MissCount).Items;
        return Changes.All(state, [.. events.Select(Row)], [.. misses.Select(Row)], levels.Read());
    }

    private FunctionRow Row(FunctionRecord record)
    {
        var name = record.Name.ToString();
        if (pools.Find(record.Spec.Pool)?.StatusOf(record.Name) is not { } live)
        {
            return new(name, record.Spec.Pool, Ready: false, Reason.PoolNotFound.WireName(), 0, 0, 0, 0, 0) { Fault = $"there is no pool '{record.Spec.Pool}'" };
        }

        int serving = 0, claimed = 0, draining = 0;
        foreach (var instance in live.Instances)
        {
            _ = instance.State switch { PodState.Serving => serving++, PodState.Claimed => claimed++, _ => draining++ };
        }

        var (ready, reason) = FunctionView.Readiness(live);
        return new(name, record.Spec.Pool, ready, reason, serving, claimed, draining, live.Waiting, live.InFlight)
        {
            Fault = live.LastFault?.Message,
            LastStart = journal.LastStart(record.Name) is { } start ? Row(start) : null,
        };
    }

    private static PoolRow Row(PoolRunner pool, (long Waiting, long InFlight) held)
    {
        var status = pool.Status;
        return new(
            pool.Name, status.Target, status.Spec.Max == int.MaxValue ? 0 : status.Spec.Max, status.Starting, status.Warm, status.Claimed, status.Serving, status.Draining,
            status.Claims, status.Misses, held.Waiting, held.InFlight)
        {
            Why = status.Size?.Why,
            Trouble = status.Stopped is { } stop ? $"refill has stopped: {stop.Message}" : status.IsDegraded ? $"pods do not start: {status.Trouble}" : null,
        };
    }

    private static StartRow Row(StartRecord start) => new(
        start.At.ToUnixTimeMilliseconds(), start.Miss, start.Queued.TotalMilliseconds, start.Phases.Claim.TotalMilliseconds, start.Phases.Transfer.TotalMilliseconds,
        start.Phases.Load.TotalMilliseconds, start.Phases.Start.TotalMilliseconds);

    private static MissRow Row(MissRecord miss) => new(miss.At.ToUnixTimeMilliseconds(), miss.Pool, miss.Function.ToString(), miss.Why);

    private static EventRow Row(Happening happening) => new(
        happening.At.ToUnixTimeMilliseconds(), happening.Event.Kind.ToString(), happening.Pool, happening.Event.Pod?.Value, happening.Event.Function?.ToString(),
        OrNull(happening.Event.Reason), OrNull(happening.Event.Message));

    private static string? OrNull(string text) => text.Length > 0 ? text : null;
}
