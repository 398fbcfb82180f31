using System.Collections.Immutable;
using System.Globalization;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Platform;
using PodPool.Manager.Routing;

namespace PodPool.Manager.Pools;

/// <summary>
/// All pools of the manager, and what ties them to the platform: who exists is told to the pool it belongs to. Until it leads, the
/// pods are watched and nothing is decided: so a manager that stands by takes over with open channels.
/// </summary>
internal sealed partial class PoolSet : IPlatformObserver, ILinkObserver, IPoolObserver, IAsyncDisposable
{
    private static readonly TimeSpan AdoptionPatience = TimeSpan.FromSeconds(5);

    private readonly ManagerOptions _options;
    private readonly FunctionRegistry _functions;
    private readonly IPodPlatform _platform;
    private readonly LeaderFence _fence;
    private readonly PodDirectory _pods;
    private readonly SuspectedPods _suspects;
    private readonly ClaimRunner _claims;
    private readonly RouterHub _routers;
    private readonly EventJournal _events;
    private readonly PoolSizes _sizes;
    private readonly DoorHub _doors;
    private readonly ManagerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<PoolSet> _logger;
    private readonly ILogger<PoolRunner> _poolLogger;
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _changing = new();
    private ImmutableDictionary<string, PoolRunner> _pools;
    private Task _sweeping = Task.CompletedTask;
    private volatile bool _leads;

    public PoolSet(
        ManagerOptions options, FunctionRegistry functions, IPodPlatform platform, LeaderFence fence, PodDirectory pods, ClaimRunner claims, RouterHub routers,
        EventJournal events, PoolSizes sizes, DoorHub doors, ManagerMetrics metrics, TimeProvider time, ILogger<PoolSet> logger, ILogger<PoolRunner> poolLogger)
    {
        (_options, _functions, _platform, _fence, _pods, _claims, _routers, _events) = (options, functions, platform, fence, pods, claims, routers, events);
        (_sizes, _doors, _metrics, _time, _logger, _poolLogger) = (sizes, doors, metrics, time, logger, poolLogger);
        _suspects = new(platform, pods, fence, time);
        _pools = options.Pools.ToImmutableDictionary(pool => pool.Name, Run);
        foreach (var pool in _pools.Values)
        {
            doors.SetDomain(pool.Name, pool.TrustDomain);
        }

        doors.OpenChanged += (domain, nodes) => Array.ForEach([.. Pools.Values.Where(pool => pool.TrustDomain == domain)], pool => pool.SetOpenDoors(nodes));
    }

    /// <summary>All pools, by name.</summary>
    public IEnumerable<PoolRunner> All => Pools.Values.OrderBy(pool => pool.Name, StringComparer.Ordinal);

    private ImmutableDictionary<string, PoolRunner> Pools => Volatile.Read(ref _pools);

    /// <summary>A pool; null: there is none of that name.</summary>
    public PoolRunner? Find(string name) => Pools.GetValueOrDefault(name);

    /// <summary>The pool that a function draws on; null: the function is unknown, or its pool is not there any more.</summary>
    public PoolRunner? PoolOf(FunctionName function) => _functions.All.TryGetValue(function, out var record) ? Find(record.Spec.Pool) : null;

    /// <summary>Adds a pool, or changes how one is kept.</summary>
    /// <param name="options">How it is kept.</param>
    /// <param name="learnt">What its size had learnt under another manager; null: nothing.</param>
    public void Set(PoolOptions options, string? learnt = null)
    {
        PoolRunner pool;
        lock (_changing)
        {
            if (Find(options.Name) is { } known)
            {
                known.Configure(options, _sizes.Of(options));
                known.Learn(learnt);
                UseDoors(known);
                return;
            }

            pool = Run(options);
            pool.Learn(learnt);
            Volatile.Write(ref _pools, _pools.Add(pool.Name, pool));
        }

        UseDoors(pool);

        // Registered first: a router that connects from now on tells the pool itself; twice does no harm.
        foreach (var router in _routers.Connected)
        {
            pool.RouterConnected(router);
        }

        foreach (var function in _functions.All.Values.Where(function => function.Spec.Pool == pool.Name))
        {
            pool.SetFunction(function.Core);
        }

        if (_leads)
        {
            pool.Reconcile(ObservationsOf(pool.Name));
        }
    }

    /// <summary>Forgets a pool. Its pods are the platform's to end; requests for its functions have nowhere to go.</summary>
    public async Task RemoveAsync(string name)
    {
        PoolRunner? removed;
        lock (_changing)
        {
            if (!_pools.TryGetValue(name, out removed))
            {
                return;
            }

            Volatile.Write(ref _pools, _pools.Remove(name));
        }

        _doors.RemovePool(name);

        await removed.DisposeAsync().ConfigureAwait(false);
        foreach (var function in _functions.All.Values.Where(function => function.Spec.Pool == name))
        {
            _routers.Changed(function.Name);
        }

        _events.Wake();
    }

    /// <summary>Finds what exists and opens channels to it. Decides nothing.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var pod in await _platform.StartAsync(this, cancellationToken).ConfigureAwait(false))
        {
            Seen(pod);
        }
    }

    /// <summary>Takes over what exists, then begins to keep the pools. When it returns, every pod that serves is known.</summary>
    public async Task LeadAsync(CancellationToken cancellationToken)
    {
        foreach (var function in _functions.All.Values)
        {
            if (Find(function.Spec.Pool) is { } pool)
            {
                pool.SetFunction(function.Core);
            }
            else
            {
                Log.NoPool(_logger, function.Name.ToString(), function.Spec.Pool);
            }
        }

        // Routers that come back take this manager's word for what exists: so it must not speak before it knows.
        var answers = Task.WhenAll(_pods.All.Select(pod => pod.Link.FirstStatus));
        await answers.WaitAsync(AdoptionPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_changing)
        {
            _closed.Token.ThrowIfCancellationRequested();
            _leads = true;
            foreach (var pool in Pools.Values)
            {
                pool.Reconcile(ObservationsOf(pool.Name));
            }
        }

        foreach (var (pod, link) in _pods.All)
        {
            // One that has not answered yet has said nothing.
            if (link.FirstStatus.IsCompleted)
            {
                _doors.Observed(pod, link.FunctionAddress, link.Observation);
                _platform.Observed(link.Observation);
            }
        }

        foreach (var pod in await _platform.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            Seen(pod);
        }

        using (ExecutionContext.SuppressFlow())
        {
            _sweeping = Task.Run(() => SweepAsync(_closed.Token), CancellationToken.None);
        }
    }

    /// <summary>Changes how many warm pods a pool keeps, for good.</summary>
    public void Resize(PoolRunner pool, int warm)
    {
        _sizes.Set(pool.Name, warm);
        pool.Resize(warm);
    }

    /// <summary>Decides nothing any more, for good: the pools are another manager's, or nobody's.</summary>
    public async Task StepDownAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        lock (_changing)
        {
            _leads = false;
        }

        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var pool in Pools.Values)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends what runs in the pools, or leaves it to the next manager; then closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StepDownAsync().ConfigureAwait(false);
        if (!_options.KeepPods)
        {
            var serving = _pods.All.Where(pod => pod.Link.Observation.Phase == PodPhase.Serving);
            await Task.WhenAll(serving.Select(pod => pod.Link.DrainAsync(_options.ShutdownGrace))).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _platform.StopAsync(_options.KeepPods, cancellationToken).ConfigureAwait(false);
        await _pods.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StepDownAsync().ConfigureAwait(false);

    /// <summary>A router could not reach an instance, or another pod answered: whether that is so, the manager finds out itself.</summary>
    public Task SuspectAsync(PodId pod) => LookAtAsync(pod, "a router could not reach it");

    private async Task LookAtAsync(PodId pod, string why)
    {
        try
        {
            switch (await _suspects.LookAtAsync(pod, _closed.Token).ConfigureAwait(false))
            {
                case SuspectVerdict.Gone:
                    Gone(pod, $"{why}, and it does not exist any more");
                    break;
                case SuspectVerdict.Lost when _pods.Find(pod) is { } link:
                    Log.GivenUp(_logger, pod.Value, why);
                    Tell(link.Pod.Pool, link.Observation with { Phase = PodPhase.Failed });
                    break;
                default:
                    break;
            }
        }
        catch (Exception exception)
        {
            if (!_closed.IsCancellationRequested)
            {
                Log.NotLookedAt(_logger, exception, pod.Value, why);
            }
        }
    }

    /// <inheritdoc/>
    public void Seen(PlatformPod pod)
    {
        _pods.Open(pod, this);
        var link = _pods.Find(pod.Pod);
        var said = link?.Observation ?? new(pod.Pod, PodPhase.Starting, pod.Node) { Template = pod.Template };
        if (pod.IsCondemned && said.Phase is PodPhase.Starting or PodPhase.Warm)
        {
            Tell(pod.Pool, said with { Phase = PodPhase.Failed, Trouble = pod.Trouble });
        }
        else if (pod.Trouble.Length > 0 && said.Phase == PodPhase.Starting)
        {
            Tell(pod.Pool, said with { Trouble = pod.Trouble });
            _events.Wake();
        }
    }

    /// <inheritdoc/>
    public void Gone(PodId pod, string why)
    {
        _doors.Gone(pod);
        if (_pods.Close(pod) is { } known)
        {
            Find(known.Pool)?.PodGone(pod, why);
        }
        else
        {
            // It ended before it could be reached; only its pool knows it.
            foreach (var pool in Pools.Values.Where(pool => pool.Made(pod)))
            {
                pool.PodGone(pod, why);
            }
        }

        // To its pool it may be news no more: who waits until it is gone waits for this.
        _events.Wake();
    }

    void ILinkObserver.Observed(PlatformPod pod, PodObservation observation)
    {
        _doors.Observed(pod, _pods.Find(pod.Pod)?.FunctionAddress, observation);
        Tell(pod.Pool, observation);
        if (_leads)
        {
            _platform.Observed(observation);
        }
    }

    async Task ILinkObserver.UnreachableAsync(PlatformPod pod, TimeSpan since)
    {
        if (_closed.IsCancellationRequested)
        {
            return;
        }

        if (!await _platform.ExistsAsync(pod.Pod, _closed.Token).ConfigureAwait(false))
        {
            Gone(pod.Pod, "it does not exist any more");
        }
        else if (_leads && since > _options.UnreachableAfter && _pods.Find(pod.Pod) is { } link && (!pod.IsNew || link.FirstStatus.IsCompleted))
        {
            // Beside the link, which goes on trying: it may take until this manager is not cut off any more.
            _ = LookAtAsync(pod.Pod, string.Create(CultureInfo.InvariantCulture, $"it has not answered for {since.TotalSeconds:0.#} s"));
        }
    }

    void IPoolObserver.RouteChanged(FunctionName function)
    {
        _routers.Changed(function);
        _events.Wake();
    }

    void IPoolObserver.Happened(PoolRunner pool, PoolEvent happened) => _events.Add(pool.Name, happened);

    void IPoolObserver.Missed(PoolRunner pool, FunctionName function) => _events.Missed(pool.Name, function, MissCause.Of(pool.Status));

    /// <summary>One that stands by only remembers: the links hold what their pods said last.</summary>
    private void Tell(string pool, PodObservation observation)
    {
        if (_leads)
        {
            Find(pool)?.Observed(observation);
        }
    }

    private static PodObservation StartingOf(PlatformPod pod) => new(pod.Pod, PodPhase.Starting, pod.Node) { Trouble = pod.Trouble, Template = pod.Template };

    private PodObservation[] ObservationsOf(string pool) => [.. _pods.All.Where(pod => pod.Pod.Pool == pool).Select(pod => pod.Link.Observation)];

    /// <summary>A pool's functions are told to the doors of its trust domain, and the pool which of those are open.</summary>
    private void UseDoors(PoolRunner pool)
    {
        _doors.SetDomain(pool.Name, pool.TrustDomain);
        _doors.TellOpen(pool.TrustDomain, pool.SetOpenDoors);
    }

    private PoolRunner Run(PoolOptions options) =>
        new(options, _sizes.Of(options), _claims, _pods, _platform, _fence, this, _metrics, _options.Console is null ? null : new(_time), _time, _poolLogger);

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.SweepEvery, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await SweepOnceAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.SweepFailed(_logger, exception);
            }
        }
    }

    private async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        // What appears while the list is made is not in it, and exists all the same.
        var before = _pods.All.Select(pod => pod.Pod.Pod).ToHashSet();
        var listed = await _platform.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (var pod in listed)
        {
            Seen(pod);
        }

        var existing = listed.Select(pod => pod.Pod).ToHashSet();
        foreach (var pod in before.Except(existing))
        {
            Gone(pod, "it is not listed any more");
        }

        foreach (var pool in Pools.Values)
        {
            // Without a loader's address there is no link yet, but the pod exists.
            var unlinked = listed.Where(pod => pod.Pool == pool.Name && _pods.Find(pod.Pod) is null);
            pool.Reconcile([.. ObservationsOf(pool.Name), .. unlinked.Select(StartingOf)]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The function {Function} draws on the pool '{Pool}', which this manager does not have", EventName = "NoPool")]
        public static partial void NoPool(ILogger logger, string function, string pool);

        [LoggerMessage(2, LogLevel.Warning, "Pod {Pod} is given up: {Why}, and it exists but does not answer the manager", EventName = "GivenUp")]
        public static partial void GivenUp(ILogger logger, string pod, string why);

        [LoggerMessage(5, LogLevel.Warning, "Pod {Pod} could not be looked at: {Why}", EventName = "NotLookedAt")]
        public static partial void NotLookedAt(ILogger logger, Exception exception, string pod, string why);

        [LoggerMessage(4, LogLevel.Error, "The books could not be compared with what exists", EventName = "SweepFailed")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
