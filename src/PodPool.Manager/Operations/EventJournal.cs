using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Routing;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Operations;

/// <summary>A start of a function.</summary>
internal sealed record StartRecord(DateTimeOffset At, PodId Pod, bool Miss, TimeSpan Queued, StartPhases Phases);

/// <summary>Something that happened in a pool.</summary>
internal readonly record struct Happening(DateTimeOffset At, string Pool, PoolEvent Event);

/// <summary>A start that found no warm pod.</summary>
/// <param name="At">When.</param>
/// <param name="Pool">Whose pods were wanted.</param>
/// <param name="Function">For what.</param>
/// <param name="Why">Why there was none, for people.</param>
internal readonly record struct MissRecord(DateTimeOffset At, string Pool, Name Function, string Why);

/// <summary>What happened, as far as somebody may still ask: the last start and failure of each function, the last events and misses, and whoever watches.</summary>
internal sealed class EventJournal(ManagerOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Name, StartRecord> _starts = new();
    private readonly ConcurrentDictionary<Name, DateTimeOffset> _failures = new();
    private readonly ConcurrentDictionary<PodId, DateTimeOffset> _since = new();
    private readonly ConcurrentDictionary<Channel<Event>, Name?> _watchers = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The last things that happened.</summary>
    public Recent<Happening> Happenings { get; } = new(256);

    /// <summary>The last misses.</summary>
    public Recent<MissRecord> Misses { get; } = new(64);

    /// <summary>Completes with the next thing that happens. Take it before you look at what you wait for.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>A function's last start; null: none since the manager started.</summary>
    public StartRecord? LastStart(Name function) => _starts.GetValueOrDefault(function);

    /// <summary>When a function last failed to start.</summary>
    public DateTimeOffset? LastFailure(Name function) => _failures.TryGetValue(function, out var at) ? at : null;

    /// <summary>Since when a pod is in its state.</summary>
    public DateTimeOffset? Since(PodId pod) => _since.TryGetValue(pod, out var at) ? at : null;

    /// <summary>Something happened. Called under the pool's lock: notes it and returns.</summary>
    public void Add(string pool, PoolEvent happened)
    {
        var at = time.GetUtcNow();
        switch (happened)
        {
            case { Kind: PoolEventKind.PodGone, Pod: { } gone }:
                _since.TryRemove(gone, out _);
                break;
            case { Kind: PoolEventKind.Claimed or PoolEventKind.Serving or PoolEventKind.Draining or PoolEventKind.PodAdopted or PoolEventKind.PodWarm, Pod: { } pod }:
                _since[pod] = at;
                break;
            case { Kind: PoolEventKind.StartFailed, Function: { } function }:
                _failures[function] = at;
                break;
            default:
                break;
        }

        Happenings.Add(new(at, pool, happened));
        if (!_watchers.IsEmpty)
        {
            Tell(pool, happened, at);
        }

        Wake();
    }

    /// <summary>Wakes whoever waits for something to happen.</summary>
    public void Wake() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>A start found no warm pod.</summary>
    public void Missed(string pool, Name function, string why) => Misses.Add(new(time.GetUtcNow(), pool, function, why));

    /// <summary>A claim succeeded.</summary>
    public void Started(Name function, PodId pod, StartPhases phases)
        => _starts[function] = new(time.GetUtcNow(), pod, Miss: false, TimeSpan.Zero, phases);

    /// <summary>Whoever waited for a start has its answer.</summary>
    public void StartAnswered(Name function, AcquireAnswer.Instance answer)
    {
        if (_starts.TryGetValue(function, out var start) && start.Pod == answer.Pod)
        {
            _starts.TryUpdate(function, start with { Miss = answer.Miss, Queued = answer.Queued }, start);
        }
    }

    /// <summary>A function was deleted: what another of its name does is another story.</summary>
    public void Forget(Name function)
    {
        _starts.TryRemove(function, out _);
        _failures.TryRemove(function, out _);
    }

    /// <summary>What happens from now on.</summary>
    /// <param name="function">Of one function; null: everything.</param>
    public Channel<Event> Watch(Name? function)
    {
        var watcher = Channel.CreateBounded<Event>(new BoundedChannelOptions(options.WatchBacklog) { SingleReader = true });
        _watchers[watcher] = function;
        return watcher;
    }

    /// <summary>Nobody watches any more.</summary>
    public void Leave(Channel<Event> watcher) => _watchers.TryRemove(watcher, out _);

    private void Tell(string pool, PoolEvent happened, DateTimeOffset at)
    {
        var told = new Event
        {
            At = Timestamp.FromDateTimeOffset(at),
            Kind = happened.Kind.ToString(),
            Pool = pool,
            Pod = happened.Pod?.Value ?? "",
            Function = happened.Function is { } function ? Routes.ToWire(function) : null,
            Reason = ReasonErrors.ParseReason(happened.Reason),
            Message = happened.Message,
        };
        foreach (var (watcher, wanted) in _watchers)
        {
            if ((wanted is null || wanted == happened.Function) && !watcher.Writer.TryWrite(told))
            {
                // It hears of it when it has read what it has.
                Leave(watcher);
                watcher.Writer.TryComplete(Reason.QueueFull.ToException($"the watcher is more than {options.WatchBacklog} events behind: watch again, and read faster"));
            }
        }
    }
}
