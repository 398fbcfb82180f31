using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>Makes the manager's pools what the RuntimePools say, and the RuntimePools' status what the pools are.</summary>
internal sealed partial class PoolReconciler : IInformerHandler<RuntimePoolResource>, IDisposable
{
    private const int Workers = 2;

    /// <summary>A pool that is busy changes a hundred times a second; its status is for people.</summary>
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(1);

    private readonly Resource<RuntimePoolResource> _resources;
    private readonly StatusBook<RuntimePoolResource, RuntimePoolStatus> _statuses;
    private readonly Informer<RuntimePoolResource> _informer;
    private readonly LoaderSecret _secrets;
    private readonly PoolSet _pools;
    private readonly EventJournal _events;
    private readonly Leadership _leadership;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkQueue<ObjectName> _queue;
    private readonly ConcurrentDictionary<ObjectName, string> _problems = new();

    /// <summary>When what a pool's size has learnt went with its status last, or could have for the first time.</summary>
    private readonly ConcurrentDictionary<ObjectName, long> _learntAt = new();

    public PoolReconciler(
        KubernetesApi api, Informer<RuntimePoolResource> informer, LoaderSecret secrets, PoolSet pools, EventJournal events, EventRecorder recorder, Leadership leadership,
        TimeProvider time, ILogger<PoolReconciler> logger)
    {
        (_informer, _secrets, _pools, _events, _leadership, _time, _logger) = (informer, secrets, pools, events, leadership, time, logger);
        _resources = api.Resource<RuntimePoolResource>();
        _statuses = new(_resources, recorder);
        _queue = new(new Backoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(60)), time);
        informer.Tell(this);
    }

    /// <summary>Reconciles until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        return Task.WhenAll(
            _queue.RunAsync(Workers, ReconcileAsync, (pool, exception) => Log.NotReconciled(_logger, pool.ToString(), exception.Message), cancellationToken),
            FollowAsync(cancellationToken));
    }

    /// <summary>What must be so before this manager leads: every pool is known, and what its pods mount is there.</summary>
    public async Task PrepareToLeadAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in _informer.All.Values)
        {
            Take(resource);
            try
            {
                await _secrets.EnsureAsync(resource, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException exception)
            {
                // Its pods wait for it; it is tried again.
                Log.NotReconciled(_logger, ObjectName.Of(resource).ToString(), exception.Message);
            }
        }
    }

    /// <summary>Every pool that is known is looked at anew: this manager leads now.</summary>
    public void LookAtAll()
    {
        foreach (var pool in _informer.All.Keys)
        {
            _queue.Add(pool);
        }
    }

    /// <summary>Writes what the sizes of all pools have learnt, for the manager that leads next.</summary>
    public Task KeepLearntAsync(CancellationToken cancellationToken) => Task.WhenAll(_informer.All.Keys.Select(async name =>
    {
        try
        {
            if (LearntOf(name) is { } learnt)
            {
                // Nothing else: a status that is being written meanwhile says nothing of it, and so neither undoes the other.
                var patch = new JsonObject { ["size"] = new JsonObject { [RuntimePoolSizing.LearntName] = learnt } };
                await _resources.PatchStatusAsync(name, patch, version: null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ApiException exception)
        {
            Log.NotKept(_logger, name.ToString(), exception.Message);
        }
    }));

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    void IInformerHandler<RuntimePoolResource>.Added(RuntimePoolResource pool)
    {
        // A leader makes pods at once: not before what they mount is written.
        if (_leadership.Current is null)
        {
            Take(pool);
        }

        _queue.Add(ObjectName.Of(pool));
    }

    void IInformerHandler<RuntimePoolResource>.Changed(RuntimePoolResource old, RuntimePoolResource pool)
    {
        if (old.Metadata.Generation != pool.Metadata.Generation)
        {
            _queue.Add(ObjectName.Of(pool));
        }
    }

    void IInformerHandler<RuntimePoolResource>.Removed(RuntimePoolResource last) => _queue.Add(ObjectName.Of(last));

    private async Task<TimeSpan?> ReconcileAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var key = PoolMapping.KeyOf(name.Namespace, name.Name);
        if (_informer.Find(name.Namespace, name.Name) is not { } resource)
        {
            await _pools.RemoveAsync(key).ConfigureAwait(false);
            _problems.TryRemove(name, out _);
            _statuses.Forget(name);
            _learntAt.TryRemove(name, out _);
            return null;
        }

        TimeSpan? again = null;
        var leads = _leadership.Current is not null;
        if (leads)
        {
            // Before the first pod that needs it.
            again = await _secrets.EnsureAsync(resource, cancellationToken).ConfigureAwait(false);
        }

        Take(resource);
        if (leads)
        {
            // What is written is from now, however long the writing takes.
            var now = _time.GetTimestamp();
            var due = _time.GetElapsedTime(_learntAt.GetOrAdd(name, now), now) >= PoolRunner.KeepLearntEvery;
            if (await _statuses.WriteAsync(name, resource, StatusOf(name, resource), cancellationToken, due ? AddLearnt : null).ConfigureAwait(false) && due)
            {
                _learntAt[name] = now;
            }
        }

        return again;

        void AddLearnt(JsonNode status)
        {
            if (status["size"] is { } size && LearntOf(name) is { } learnt)
            {
                size[RuntimePoolSizing.LearntName] = learnt;
            }
        }
    }

    /// <summary>What is wrong with a pool leaves it as it was.</summary>
    private void Take(RuntimePoolResource resource)
    {
        var name = ObjectName.Of(resource);
        if (ResourceRules.ProblemsOf(resource.Spec) is { Count: > 0 } problems)
        {
            _problems[name] = string.Join("; ", problems);
            return;
        }

        _problems.TryRemove(name, out _);
        _pools.Set(PoolMapping.ToOptions(resource), resource.Status?.Size?.Learnt);
    }

    private string? LearntOf(ObjectName name) => _pools.Find(PoolMapping.KeyOf(name.Namespace, name.Name))?.Learnt;

    private RuntimePoolStatus StatusOf(ObjectName name, RuntimePoolResource resource)
    {
        var now = _time.GetUtcNow();
        var before = _statuses.Find(name, resource)?.Conditions;
        var generation = resource.Metadata.Generation;
        var problem = _problems.GetValueOrDefault(name);
        if (_pools.Find(PoolMapping.KeyOf(name.Namespace, name.Name)) is not { } pool)
        {
            return new()
            {
                ObservedGeneration = generation ?? 0,
                Conditions =
                [
                    Conditions.Of(before, ConditionTypes.Ready, false, "Invalid", problem ?? "", generation, now),
                    Conditions.Of(before, ConditionTypes.Degraded, true, "Invalid", problem ?? "", generation, now),
                ],
            };
        }

        var seen = FunctionView.Describe(pool);
        return new()
        {
            ObservedGeneration = generation ?? 0,
            Starting = seen.Starting,
            Warm = seen.Warm,
            Target = seen.Size,
            Size = SizeMapping.ToStatus(seen.Sizing),
            Claimed = seen.Claimed,
            Serving = seen.Serving,
            Draining = seen.Draining,
            Claims = seen.Claims,
            Misses = seen.Misses,
            Selector = $"{Contracts.PodLabels.Pool}={name.Name},{Contracts.PodLabels.State}={Pods.PodStates.Warm}",
            Conditions =
            [
                .. from condition in seen.Conditions
                   select condition.Type == ConditionTypes.Degraded && problem is not null
                       ? Conditions.Of(before, ConditionTypes.Degraded, true, "Invalid", $"the last change is not taken: {problem}", generation, now)
                       : Conditions.Of(before, condition, generation, now),
            ],
        };
    }

    /// <summary>Whatever happens in a pool may change its status.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = _events.Next;
            await Task.Delay(StatusEvery, _time, cancellationToken).ConfigureAwait(false);
            if (_leadership.Current is not null)
            {
                LookAtAll();
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The RuntimePool {Pool} could not be reconciled, and will be: {Message}", EventName = "NotReconciled")]
        public static partial void NotReconciled(ILogger logger, string pool, string message);

        [LoggerMessage(2, LogLevel.Warning, "What the RuntimePool {Pool} has learnt of its size could not be written at the end; the next leader has what was written before: {Message}", EventName = "NotKept")]
        public static partial void NotKept(ILogger logger, string pool, string message);
    }
}
