using System.Collections.Frozen;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Platform;
using PodPool.Manager.Routing;

namespace PodPool.Manager.Pools;

/// <summary>All pools of the manager, and what ties them to the platform: who exists is told to the pool it belongs to.</summary>
internal sealed partial class PoolSet : IPlatformObserver, ILinkObserver, IPoolObserver, IAsyncDisposable
{
    private static readonly TimeSpan AdoptionPatience = TimeSpan.FromSeconds(5);

    private readonly ManagerOptions _options;
    private readonly FrozenDictionary<string, PoolRunner> _pools;
    private readonly FunctionRegistry _functions;
    private readonly IPodPlatform _platform;
    private readonly PodDirectory _pods;
    private readonly RouterHub _routers;
    private readonly EventJournal _events;
    private readonly PoolSizes _sizes;
    private readonly TimeProvider _time;
    private readonly ILogger<PoolSet> _logger;
    private readonly CancellationTokenSource _closed = new();
    private Task _sweeping = Task.CompletedTask;

    public PoolSet(
        ManagerOptions options, FunctionRegistry functions, IPodPlatform platform, PodDirectory pods, ClaimRunner claims, RouterHub routers,
        EventJournal events, PoolSizes sizes, ManagerMetrics metrics, TimeProvider time, ILogger<PoolSet> logger, ILogger<PoolRunner> poolLogger)
    {
        (_options, _functions, _platform, _pods, _routers, _events, _sizes, _time, _logger) = (options, functions, platform, pods, routers, events, sizes, time, logger);
        _pools = options.Pools.ToFrozenDictionary(
            pool => pool.Name, pool => new PoolRunner(pool, sizes.Of(pool), claims, pods, platform, this, metrics, time, poolLogger));
        metrics.ObservePools(() => _pools.Values.Select(pool => pool.Status));
    }

    /// <summary>All pools, by name.</summary>
    public IEnumerable<PoolRunner> All => _pools.Values.OrderBy(pool => pool.Name, StringComparer.Ordinal);

    /// <summary>A pool; null: there is none of that name.</summary>
    public PoolRunner? Find(string name) => _pools.GetValueOrDefault(name);

    /// <summary>The pool that a function draws on; null: the function is unknown, or its pool is not there any more.</summary>
    public PoolRunner? PoolOf(FunctionName function) => _functions.All.TryGetValue(function, out var record) ? Find(record.Spec.Pool) : null;

    /// <summary>Takes over what exists, then begins to keep the pools. When it returns, every pod that serves is known.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
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
        var existing = await _platform.StartAsync(this, cancellationToken).ConfigureAwait(false);
        foreach (var pod in existing)
        {
            _pods.Open(pod, this);
        }

        var answers = Task.WhenAll(_pods.All.Select(pod => pod.Link.FirstStatus));
        await answers.WaitAsync(AdoptionPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var pool in _pools.Values)
        {
            pool.Reconcile([.. _pods.All.Where(pod => pod.Pod.Pool == pool.Name).Select(pod => pod.Link.Observation)]);
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

    /// <summary>Ends what runs in the pools, or leaves it to the next manager; then closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var pool in _pools.Values)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }

        if (!_options.KeepPods)
        {
            var serving = _pods.All.Where(pod => pod.Link.Observation.Phase == PodPhase.Serving);
            await Task.WhenAll(serving.Select(pod => pod.Link.DrainAsync(_options.ShutdownGrace))).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _platform.StopAsync(_options.KeepPods, cancellationToken).ConfigureAwait(false);
        await _pods.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var pool in _pools.Values)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A router could not reach an instance, or another pod answered: whether that is so, the manager finds out itself.</summary>
    public async Task SuspectAsync(PodId pod)
    {
        try
        {
            await LookAtAsync(pod).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!_closed.IsCancellationRequested)
            {
                Log.NotLookedAt(_logger, exception, pod.Value);
            }
        }
    }

    private async Task LookAtAsync(PodId pod)
    {
        if (!await _platform.ExistsAsync(pod, _closed.Token).ConfigureAwait(false))
        {
            Gone(pod, "a router could not reach it, and it does not exist any more");
        }
        else if (_pods.Find(pod) is { } link && !await link.AnswersAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false) && PoolOfPod(pod) is { } pool)
        {
            Log.Suspected(_logger, pod.Value);
            pool.Observed(link.Observation with { Phase = PodPhase.Failed });
        }
    }

    void IPlatformObserver.Appeared(PlatformPod pod) => _pods.Open(pod, this);

    /// <inheritdoc/>
    public void Gone(PodId pod, string why)
    {
        if (_pods.Close(pod) is { } known)
        {
            Find(known.Pool)?.PodGone(pod, why);
        }
        else
        {
            // It ended before it could be reached; only its pool knows it.
            foreach (var pool in _pools.Values.Where(pool => pod.Value.StartsWith(pool.Name + "-", StringComparison.Ordinal)))
            {
                pool.PodGone(pod, why);
            }
        }
    }

    void ILinkObserver.Observed(PlatformPod pod, PodObservation observation) => Find(pod.Pool)?.Observed(observation);

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
        else if (since > _options.UnreachableAfter && _pods.Find(pod.Pod) is { } link)
        {
            Log.Unreachable(_logger, pod.Pod.Value, since.TotalSeconds);
            Find(pod.Pool)?.Observed(link.Observation with { Phase = PodPhase.Failed });
        }
    }

    void IPoolObserver.RouteChanged(FunctionName function)
    {
        _routers.Changed(function);
        _events.Wake();
    }

    void IPoolObserver.Happened(PoolRunner pool, PoolEvent happened) => _events.Add(pool.Name, happened);

    private PoolRunner? PoolOfPod(PodId pod) => _pods.All.Where(known => known.Pod.Pod == pod).Select(known => Find(known.Pod.Pool)).FirstOrDefault();

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
            _pods.Open(pod, this);
        }

        var existing = listed.Select(pod => pod.Pod).ToHashSet();
        foreach (var pod in before.Except(existing))
        {
            Gone(pod, "it is not listed any more");
        }

        foreach (var pool in _pools.Values)
        {
            pool.Reconcile([.. _pods.All.Where(pod => pod.Pod.Pool == pool.Name).Select(pod => pod.Link.Observation)]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The function {Function} draws on the pool '{Pool}', which this manager does not have", EventName = "NoPool")]
        public static partial void NoPool(ILogger logger, string function, string pool);

        [LoggerMessage(2, LogLevel.Warning, "Pod {Pod} exists but has not answered for {Seconds} s: it is given up", EventName = "Unreachable")]
        public static partial void Unreachable(ILogger logger, string pod, double seconds);

        [LoggerMessage(3, LogLevel.Warning, "A router could not reach pod {Pod}, nor can the manager: it is given up", EventName = "Suspected")]
        public static partial void Suspected(ILogger logger, string pod);

        [LoggerMessage(5, LogLevel.Warning, "Pod {Pod}, which a router could not reach, could not be looked at", EventName = "NotLookedAt")]
        public static partial void NotLookedAt(ILogger logger, Exception exception, string pod);

        [LoggerMessage(4, LogLevel.Error, "The books could not be compared with what exists", EventName = "SweepFailed")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
