using k8s;
using k8s.Models;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>
/// The objects of a kind that functions name (Secrets, ConfigMaps), each watched by itself for as long as a function names it: so the manager
/// holds no Secret that nobody gave it, and may be allowed to read those alone.
/// </summary>
/// <param name="api">The cluster.</param>
/// <param name="digest">What is kept of an object.</param>
/// <param name="changed">Told which functions name an object that changed. Must return at once.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Told of trouble with a watch.</param>
internal sealed class ReferencedObjects<T>(KubernetesApi api, Func<T, T> digest, Action<FunctionName> changed, TimeProvider time, ILoggerFactory loggers)
    : IAsyncDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectName, Watched> _objects = [];
    private readonly Dictionary<FunctionName, HashSet<ObjectName>> _named = [];

    /// <summary>These are the objects that a function names now.</summary>
    public void Name(FunctionName function, IReadOnlySet<ObjectName> objects)
    {
        lock (_gate)
        {
            var before = _named.GetValueOrDefault(function) ?? [];
            foreach (var gone in before.Except(objects))
            {
                var watched = _objects[gone];
                watched.Functions.Remove(function);
                if (watched.Functions.Count == 0)
                {
                    _objects.Remove(gone);
                    _ = watched.DisposeAsync().AsTask();
                }
            }

            foreach (var name in objects.Except(before))
            {
                if (!_objects.TryGetValue(name, out var watched))
                {
                    _objects.Add(name, watched = new(this, name));
                }

                watched.Functions.Add(function);
            }

            if (objects.Count == 0)
            {
                _named.Remove(function);
            }
            else
            {
                _named[function] = [.. objects];
            }
        }
    }

    /// <summary>An object that a function names, once it is known whether it exists.</summary>
    /// <returns>The object; null: it does not exist.</returns>
    /// <exception cref="ReferenceException">It cannot be told: the manager may not see it, or the API server has not answered yet.</exception>
    public async Task<T?> FindAsync(ObjectName name, TimeSpan patience, CancellationToken cancellationToken)
    {
        Watched? watched;
        lock (_gate)
        {
            watched = _objects.GetValueOrDefault(name);
        }

        if (watched is null)
        {
            throw new ReferenceException($"{typeof(T).Name[2..]} {name} is not watched");
        }

        await watched.Informer.Synced.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return watched.Informer.Synced.IsCompletedSuccessfully
            ? watched.Informer.Find(name.Namespace, name.Name)
            : throw new ReferenceException($"the {typeof(T).Name[2..]} {name} cannot be read{(watched.Informer.Trouble is { } trouble ? $": {trouble}" : " yet")}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Watched> all;
        lock (_gate)
        {
            all = [.. _objects.Values];
            _objects.Clear();
            _named.Clear();
        }

        foreach (var watched in all)
        {
            await watched.DisposeAsync().ConfigureAwait(false);
        }
    }

    private FunctionName[] NamedBy(Watched watched)
    {
        lock (_gate)
        {
            return [.. watched.Functions];
        }
    }

    private sealed class Watched : IInformerHandler<T>, IAsyncDisposable
    {
        private readonly ReferencedObjects<T> _owner;
        private readonly CancellationTokenSource _closed = new();
        private readonly Task _running;

        public Watched(ReferencedObjects<T> owner, ObjectName name)
        {
            _owner = owner;
            Informer = new(owner.Resource(name), new(), owner.Digest, owner.Time, owner.LoggerOf());
            Informer.Tell(this);
            using var suppressed = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            _running = Task.Run(() => Informer.RunAsync(_closed.Token), CancellationToken.None);
        }

        public Informer<T> Informer { get; }

        public HashSet<FunctionName> Functions { get; } = [];

        public void Added(T subject) => Tell();

        public void Changed(T old, T subject) => Tell();

        public void Removed(T last) => Tell();

        public async ValueTask DisposeAsync()
        {
            await _closed.CancelAsync().ConfigureAwait(false);
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Informer.Dispose();
            _closed.Dispose();
        }

        private void Tell()
        {
            foreach (var function in _owner.NamedBy(this))
            {
                _owner.Changed(function);
            }
        }
    }

    private TimeProvider Time => time;

    private T Digest(T subject) => digest(subject);

    private void Changed(FunctionName function) => changed(function);

    private Resource<T> Resource(ObjectName name) => api.Resource<T>(name.Namespace, fields: $"metadata.name={name.Name}");

    private ILogger<Informer<T>> LoggerOf() => loggers.CreateLogger<Informer<T>>();
}

/// <summary>What a function names cannot be had. The message says what, and what to do.</summary>
internal sealed class ReferenceException(string message) : Exception(message);
