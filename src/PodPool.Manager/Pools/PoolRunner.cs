using System.Collections.Concurrent;
using System.Diagnostics;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Pools;

/// <summary>Who is told what happens in a pool. Called outside the pool's lock; must return at once.</summary>
internal interface IPoolObserver
{
    /// <summary>Where requests for a function may go has changed.</summary>
    void RouteChanged(FunctionName function);

    /// <summary>Something a person may want to see; in the order in which it happened.</summary>
    void Happened(PoolRunner pool, PoolEvent happened);

    /// <summary>A function found no warm pod. Told after whoever waits was served as far as can be.</summary>
    void Missed(PoolRunner pool, FunctionName function);
}

/// <summary>
/// One pool's rules, driven by a clock and carried out. The rules decide under a lock and only note what they want; whoever called
/// them carries the notes out when the lock is free again. So a claim begins on the thread that asked for an instance, and its
/// answer goes out on the thread that heard the pod's: no queue lies between.
/// </summary>
internal sealed partial class PoolRunner : IPodBackend, IPoolListener, IAsyncDisposable
{
    /// <summary>How often what a pool's size has learnt is to be kept: so much of it is lost with a manager that is cut off.</summary>
    public static readonly TimeSpan KeepLearntEvery = TimeSpan.FromMinutes(10);

    private readonly Pool _pool;
    private readonly ClaimRunner _claims;
    private readonly PodDirectory _pods;
    private readonly IPodPlatform _platform;
    private readonly LeaderFence _fence;
    private readonly IPoolObserver _observer;
    private readonly ManagerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _timerGate = new();
    private readonly CancellationTokenSource _closed = new();

    private readonly ConcurrentQueue<ClaimOrder> _orders = new();
    private readonly ConcurrentQueue<(AcquireId Acquire, AcquireAnswer Answer)> _answers = new();
    private readonly ConcurrentQueue<Action> _notes = new();
    private readonly ConcurrentDictionary<AcquireId, TaskCompletionSource<AcquireAnswer>> _acquires = new();
    private readonly ConcurrentDictionary<FunctionName, ActivityContext> _asked = new();
    private readonly ConcurrentDictionary<PodId, long> _created = new();
    private long _lastAcquire;
    private long _lastClaim;
    private long? _armedFor;
    private volatile PoolOptions _options;
    private volatile bool _refusing;
    private volatile bool _started;

    public PoolRunner(
        PoolOptions options, int warm, ClaimRunner claims, PodDirectory pods, IPodPlatform platform, LeaderFence fence, IPoolObserver observer,
        ManagerMetrics metrics, PoolTrace? trace, TimeProvider time, ILogger<PoolRunner> logger)
    {
        (_options, _claims, _pods, _platform, _fence, _observer) = (options, claims, pods, platform, fence, observer);
        (_metrics, _time, _logger) = (metrics, time, logger);
        Trace = trace;
        _pool = new Pool(options.ToSpec(warm), this, this, time, () => PodNames.New(options.PodPrefix));
        _timer = time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => _options.Name;

    /// <summary>How it is kept, now.</summary>
    public PoolOptions Options => _options;

    public PoolStatus Status => _pool.Status;

    /// <summary>What is remembered of it; null: nothing, as nobody could ask.</summary>
    public PoolTrace? Trace { get; }

    public IReadOnlyList<FunctionStatus> Functions => _pool.Functions;

    /// <summary>What its automatic size has learnt, for <see cref="Learn"/>; null: nothing.</summary>
    public string? Learnt => _pool.Learnt;

    /// <summary>Takes what the pool's size had <see cref="Learnt"/> under another manager; null, or once the pool is kept here: nothing.</summary>
    public void Learn(string? learnt)
    {
        if (learnt is not null && !_started && _pool.Learn(learnt) is { } problem)
        {
            Log.NotLearnt(_logger, Name, problem);
        }
    }

    /// <summary>An instance of a function, or why there is none.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public async Task<AcquireAnswer> AcquireAsync(FunctionLoad load, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var acquire = new AcquireId(Interlocked.Increment(ref _lastAcquire));
        var answer = new TaskCompletionSource<AcquireAnswer>();
        _acquires[acquire] = answer;
        if (ManagerActivities.Current is { TraceId: var trace } asked && trace != default)
        {
            _asked[load.Function] = asked;
        }

        _pool.Acquire(acquire, load, timeout);
        Settle();
        if (_refusing)
        {
            Cancel(acquire);
        }

        using var leaving = cancellationToken.UnsafeRegister(_ => Cancel(acquire), null);
        return await answer.Task.ConfigureAwait(false);
    }

    public void Report(FunctionLoad load) => Do(load, static (pool, load) => pool.Report(load));

    public void RouterConnected(string router) => Do(router, static (pool, router) => pool.RouterConnected(router));

    public void RouterAcknowledged(string router, long version) => Do((router, version), static (pool, ack) => pool.RouterAcknowledged(ack.router, ack.version));

    public void RouterGone(string router) => Do(router, static (pool, router) => pool.RouterGone(router));

    public void Observed(PodObservation observation) => Do(observation, static (pool, observation) => pool.PodObserved(observation));

    public void PodGone(PodId pod, string why) => Do((pod, why), static (pool, gone) => pool.PodGone(gone.pod, gone.why));

    /// <summary>These pods and no others exist. The first time, the pool begins to be kept.</summary>
    public void Reconcile(IReadOnlyCollection<PodObservation> existing)
    {
        _started = true;
        Do(existing, static (pool, existing) => pool.Reconcile(existing));
    }

    /// <summary>A claim succeeded.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="phases">What it took, as the pod says.</param>
    /// <param name="took">What it took in all.</param>
    public void Specialized(ClaimId claim, StartPhases phases, TimeSpan took)
    {
        Do((claim, phases), static (pool, done) => pool.Specialized(done.claim, done.phases));
        Trace?.Starts.Add(took);
    }

    public void SpecializationFailed(ClaimId claim, StartFault fault) => Do((claim, fault), static (pool, failed) => pool.SpecializationFailed(failed.claim, failed.fault));

    public void SetFunction(FunctionSpec function) => Do(function, static (pool, function) => pool.SetFunction(function));

    public void RemoveFunction(FunctionName function) => Do(function, static (pool, function) => pool.RemoveFunction(function));

    /// <summary>Whether a pod was ordered by this pool and never became warm, as far as is known here.</summary>
    public bool Made(PodId pod) => _created.ContainsKey(pod);

    /// <summary>Changes how the pool is kept; what runs already goes on as it is.</summary>
    public void Configure(PoolOptions options, int warm)
    {
        if (_options != options || _pool.Status.Spec.Warm != warm)
        {
            _options = options;
            Resize(warm);
        }
    }

    /// <summary>Nobody but itself says how many warm pods it keeps.</summary>
    public bool SizesItself => _options.Size.Auto is not null;

    /// <summary>Whose functions may share a sidecar.</summary>
    public string TrustDomain => _options.TrustDomain;

    public void SetOpenDoors(IReadOnlySet<string> nodes) => _pool.SetOpenDoors(nodes);

    public void Resize(int warm) => Do(_options.ToSpec(warm), static (pool, spec) => pool.Resize(spec));

    public IReadOnlyList<PodId> Evict(FunctionName function)
    {
        var pods = _pool.Evict(function);
        Settle();
        return pods;
    }

    public long RouteVersion => _pool.RouteVersion;

    public FunctionRouting RouteOf(FunctionName function) => _pool.RouteOf(function);

    public FunctionStatus? StatusOf(FunctionName function) => _pool.StatusOf(function);

    /// <summary>Whoever waits, or asks from now on, is told at once that there is no answer.</summary>
    public void CancelAcquires()
    {
        _refusing = true;
        foreach (var acquire in _acquires.Keys)
        {
            Cancel(acquire);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        CancelAcquires();
    }

    // ---- what the rules order: called under their lock

    void IPodBackend.Create(PodId pod) => _notes.Enqueue(() => _ = CreateAsync(pod));

    void IPodBackend.Specialize(ClaimOrder order) => _orders.Enqueue(order);

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => _notes.Enqueue(() => _ = DrainAsync(pod, grace));

    void IPodBackend.Delete(PodId pod, DeleteReason reason) => _notes.Enqueue(() => _ = DeleteAsync(pod, reason));

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer) => _answers.Enqueue((acquire, answer));

    void IPoolListener.RouteChanged(FunctionName function, long version) => _notes.Enqueue(() => _observer.RouteChanged(function));

    // Noted where order is kept: in the observer, at once.
    void IPoolListener.Happened(PoolEvent happened)
    {
        if (happened is { Kind: PoolEventKind.PodWarm, Pod: { } warm } && _created.TryRemove(warm, out var created))
        {
            var took = _time.GetElapsedTime(created);
            _metrics.Refilled(Name, took);
            Trace?.Refills.Add(took);
        }
        else if (happened is { Kind: PoolEventKind.PodGone, Pod: { } gone })
        {
            _created.TryRemove(gone, out _);
        }
        else if (happened is { Kind: PoolEventKind.Miss, Function: { } function })
        {
            _metrics.Missed(Name, happened.Missed);
            _notes.Enqueue(() =>
            {
                Trace?.Claims.Add(happened.Missed);
                _observer.Missed(this, function);
            });
        }

        _observer.Happened(this, happened);
    }

    private void Do<T>(T argument, Action<Pool, T> call)
    {
        call(_pool, argument);
        Settle();
    }

    private void Tick()
    {
        lock (_timerGate)
        {
            _armedFor = null;
        }

        if (!_closed.IsCancellationRequested)
        {
            _pool.Tick();
            Settle();
        }
    }

    /// <summary>Carries out what was noted: first what a caller waits for.</summary>
    private void Settle()
    {
        var found = 0;
        for (var first = true; _orders.TryDequeue(out var order); first = false)
        {
            Run(order, inline: first);
            found += order.Missed ? 0 : 1;
        }

        while (_answers.TryDequeue(out var answered))
        {
            if (_acquires.TryRemove(answered.Acquire, out var waiting))
            {
                waiting.TrySetResult(answered.Answer);
            }
        }

        // Those that missed were noted when they did.
        if (found > 0)
        {
            Trace?.Claims.Add(found);
        }

        if (!_notes.IsEmpty)
        {
            // None of this belongs to the request that happened to bring it about.
            using var suppressed = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            while (_notes.TryDequeue(out var note))
            {
                note();
            }
        }

        Arm();
    }

    private void Run(ClaimOrder order, bool inline)
    {
        Volatile.Write(ref _lastClaim, _time.GetTimestamp());
        _asked.TryRemove(order.Function.Name, out var asked);
        if (inline)
        {
            _ = _claims.RunAsync(this, order, asked);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => _ = work.Pool._claims.RunAsync(work.Pool, work.Order, work.Asked), (Pool: this, Order: order, Asked: asked), preferLocal: false);
        }
    }

    private void Arm()
    {
        lock (_timerGate)
        {
            // Before it was told what exists, a pool that looked at the clock would make all of it anew.
            var due = _closed.IsCancellationRequested || !_started ? null : _pool.NextDue;
            if (due == _armedFor)
            {
                return;
            }

            _armedFor = due;

            // Timers count whole milliseconds; one too early would be set again and again.
            var wait = due is null ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(_time.GetElapsedTime(_time.GetTimestamp(), due.Value).TotalMilliseconds)));
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Cancel(AcquireId acquire)
    {
        if (_acquires.TryRemove(acquire, out var waiting))
        {
            waiting.TrySetCanceled();
            Do(acquire, static (pool, acquire) => pool.Cancel(acquire));
        }
    }

    private async Task CreateAsync(PodId pod)
    {
        _created[pod] = _time.GetTimestamp();
        try
        {
            await QuietAsync(_closed.Token).ConfigureAwait(false);
            await _platform.CreateAsync(pod, _options, _closed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The manager stops.
        }
        catch (Exception exception)
        {
            // The platform's word says all there is; anything else is a defect of ours.
            Log.NotCreated(_logger, exception is PodCreationException ? null : exception, pod.Value, exception.Message);
            Do((pod, exception.Message), static (pool, failed) => pool.CreationFailed(failed.pod, failed.Message));
        }
    }

    /// <summary>Waits while claims are fresh; under a steady stream of them no longer than four times the quiet it would like.</summary>
    public async Task QuietAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 4; i++)
        {
            var left = _options.RefillQuiet - _time.GetElapsedTime(Volatile.Read(ref _lastClaim));
            if (left <= TimeSpan.Zero || _pool.Status.Warm == 0)
            {
                return;
            }

            await Task.Delay(left, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DrainAsync(PodId pod, TimeSpan grace)
    {
        try
        {
            await _fence.PassAsync(_closed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The manager stops: it is the next one's.
            return;
        }

        if (_pods.Find(pod) is { } link)
        {
            await link.DrainAsync(grace).ConfigureAwait(false);
        }

        Do(pod, static (pool, drained) => pool.Drained(drained));
    }

    private async Task DeleteAsync(PodId pod, DeleteReason reason)
    {
        try
        {
            await _platform.DeleteAsync(pod, gently: reason == DeleteReason.Drained, _closed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The manager stops.
        }
        catch (Exception exception)
        {
            // The sweeper lists it again, and the rules order it again.
            Log.NotDeleted(_logger, exception, pod.Value);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Pod {Pod} could not be made: {Message}", EventName = "NotCreated")]
        public static partial void NotCreated(ILogger logger, Exception? exception, string pod, string message);

        [LoggerMessage(2, LogLevel.Warning, "Pod {Pod} could not be deleted; it is tried again", EventName = "NotDeleted")]
        public static partial void NotDeleted(ILogger logger, Exception exception, string pod);

        [LoggerMessage(3, LogLevel.Warning, "What the pool '{Pool}' had learnt of its size under another manager is not taken, it learns anew: {Problem}", EventName = "NotLearnt")]
        public static partial void NotLearnt(ILogger logger, string pool, string problem);
    }
}
