using System.Collections.Concurrent;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>Makes the functions that the manager serves what the Function resources say. What cannot be taken leaves what was served before.</summary>
internal sealed partial class FunctionReconciler : IInformerHandler<FunctionResource>, IInformerHandler<RuntimePoolResource>, IAsyncDisposable
{
    private const int Workers = 4;

    private readonly Informer<FunctionResource> _informer;
    private readonly Informer<RuntimePoolResource> _pools;
    private readonly FunctionPreparation _preparation;
    private readonly FunctionEnvironment _environment;
    private readonly FunctionRegistry _functions;
    private readonly PoolSet _running;
    private readonly RouterHub _routers;
    private readonly EventJournal _events;
    private readonly FunctionStates _states;
    private readonly ILogger _logger;
    private readonly WorkQueue<ObjectName> _queue;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<ObjectName, bool> _unseen = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FunctionReconciler(
        Informer<FunctionResource> informer, Informer<RuntimePoolResource> pools, FunctionPreparation preparation, FunctionEnvironment environment,
        FunctionRegistry functions, PoolSet running, RouterHub routers, EventJournal events, FunctionStates states, FunctionQueue queue, ILogger<FunctionReconciler> logger)
    {
        (_informer, _pools, _preparation, _environment, _functions) = (informer, pools, preparation, environment, functions);
        (_running, _routers, _events, _states, _queue, _logger) = (running, routers, events, states, queue.Queue, logger);
        informer.Tell(this);
        pools.Tell(this);
    }

    /// <summary>Completes when every function that existed at the start has been looked at once: what routers are told then is whole.</summary>
    public Task CaughtUp => _caughtUp.Task;

    /// <summary>Reconciles until it is ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Which pool a function means is known only when all pools are.
        await Task.WhenAll(_informer.Synced, _pools.Synced).WaitAsync(cancellationToken).ConfigureAwait(false);
        TellIfCaughtUp();
        await _queue.RunAsync(Workers, ReconcileAsync, (function, exception) => Log.TriedAgain(_logger, function.ToString(), exception.Message), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _environment.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    void IInformerHandler<FunctionResource>.Added(FunctionResource function)
    {
        if (!_caughtUp.Task.IsCompleted)
        {
            _unseen[ObjectName.Of(function)] = true;
        }

        _queue.Add(ObjectName.Of(function));
    }

    void IInformerHandler<FunctionResource>.Changed(FunctionResource old, FunctionResource function)
    {
        if (old.Metadata.Generation != function.Metadata.Generation)
        {
            _queue.Add(ObjectName.Of(function));
        }
    }

    void IInformerHandler<FunctionResource>.Removed(FunctionResource last) => _queue.Add(ObjectName.Of(last));

    void IInformerHandler<RuntimePoolResource>.Added(RuntimePoolResource pool) => LookAtAll();

    void IInformerHandler<RuntimePoolResource>.Changed(RuntimePoolResource old, RuntimePoolResource pool)
    {
        if (!old.Spec.AllowedNamespaces.SequenceEqual(pool.Spec.AllowedNamespaces))
        {
            LookAtAll();
        }
    }

    void IInformerHandler<RuntimePoolResource>.Removed(RuntimePoolResource last) => LookAtAll();

    /// <summary>Which pool a function draws on depends on all pools that there are.</summary>
    private void LookAtAll()
    {
        foreach (var function in _informer.All.Keys)
        {
            _queue.Add(function);
        }
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var function = new FunctionName(name.Namespace, name.Name);
        try
        {
            if (_informer.Find(name.Namespace, name.Name) is not { } resource)
            {
                await RemoveAsync(function, cancellationToken).ConfigureAwait(false);
                return null;
            }

            try
            {
                await SetAsync(await _preparation.PrepareAsync(resource, cancellationToken).ConfigureAwait(false), resource, cancellationToken).ConfigureAwait(false);
                _states.Taken(function, resource);
                return null;
            }
            catch (NotReadyException exception)
            {
                NotTaken(function, resource, exception);
                if (exception.MayPass)
                {
                    throw;
                }

                return null;
            }
        }
        finally
        {
            if (_unseen.TryRemove(name, out _))
            {
                TellIfCaughtUp();
            }
        }
    }

    private async Task SetAsync(FunctionRecord record, FunctionResource resource, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            CheckRoutes(record, resource);
            var before = _functions.All.GetValueOrDefault(record.Name);
            if (before is not null && before.Revision == record.Revision && before.Spec.Equals(record.Spec))
            {
                return;
            }

            _functions.Set(record);
            if (before is not null && before.Spec.Pool != record.Spec.Pool)
            {
                _running.Find(before.Spec.Pool)?.RemoveFunction(record.Name);
            }

            _running.Find(record.Spec.Pool)?.SetFunction(record.Core);
            _routers.Changed(record.Name);
            Log.Taken(_logger, record.Name.ToString(), record.Revision);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Of two functions that want one address, the one that was there first has it.</summary>
    private void CheckRoutes(FunctionRecord record, FunctionResource resource)
    {
        try
        {
            var older = _functions.All.Values.Where(other => (other.DeployedAt, other.Name.ToString()).CompareTo((record.DeployedAt, record.Name.ToString())) < 0);
            FunctionRules.CheckRoutes(record.Spec, older);
        }
        catch (Grpc.Core.RpcException exception)
        {
            throw new NotReadyException("RouteTaken", $"spec.route of {ObjectName.Of(resource)}: {exception.Status.Detail}") { MayPass = true };
        }
    }

    private void NotTaken(FunctionName function, FunctionResource resource, NotReadyException why)
    {
        Log.NotTaken(_logger, function.ToString(), why.Reason, why.Message);
        _states.NotTaken(function, resource, why);
        if (_functions.SetBroken(new(function, why.Message) { Hosts = resource.Spec.Route.Hosts, Paths = resource.Spec.Route.Paths }))
        {
            _routers.Changed(function);
        }
    }

    private async Task RemoveAsync(FunctionName function, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var pool = _running.PoolOf(function);
            _functions.Remove(function);
            pool?.RemoveFunction(function);
            _environment.Forget(function);
            _events.Forget(function);
            _states.Forget(function);
            _routers.Changed(function);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void TellIfCaughtUp()
    {
        if (_informer.Synced.IsCompleted && _unseen.IsEmpty)
        {
            _caughtUp.TrySetResult();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Function} is revision {Revision} now", EventName = "Taken")]
        public static partial void Taken(ILogger logger, string function, string revision);

        [LoggerMessage(2, LogLevel.Warning, "{Function} cannot be served as it is declared: {Reason}: {Message}", EventName = "NotTaken")]
        public static partial void NotTaken(ILogger logger, string function, string reason, string message);

        [LoggerMessage(3, LogLevel.Debug, "{Function} is looked at again: {Message}", EventName = "TriedAgain")]
        public static partial void TriedAgain(ILogger logger, string function, string message);
    }
}
