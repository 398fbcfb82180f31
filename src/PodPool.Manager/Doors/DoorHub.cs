using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using Google.Protobuf;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Functions;
using PodPool.Manager.Platform;
using PodPhase = PodPool.Core.PodPhase;

namespace PodPool.Manager.Doors;

/// <summary>The nodes' doors to Dapr: which are open, where instances find them, and what each is told.</summary>
internal sealed class DoorHub : IDisposable
{
    private readonly FunctionRegistry _functions;
    private readonly ByteString _tokenKey;
    private readonly ConcurrentDictionary<DoorConnection, bool> _connections = new();
    private readonly ConcurrentDictionary<PodId, BoundInstance> _instances = new();
    private readonly Dictionary<string, FrozenSet<string>> _open = [];
    private readonly TrustDomains _domains = new();
    private readonly KnownDoors _known;
    private readonly Lock _gate = new();

    // Above what an earlier manager may have counted to: versions grow for a door that outlives it.
    private long _version;

    public DoorHub(FunctionRegistry functions, ClaimKey key, TimeProvider time)
    {
        _tokenKey = ByteString.FromBase64(key.PublicKey);
        _version = time.GetUtcNow().ToUnixTimeMilliseconds() << 10;
        _functions = functions;
        _known = new(time);
        functions.Changed += FunctionChanged;
    }

    /// <summary>Told on which nodes a trust domain's doors are connected and of use, whenever that has changed; one at a time, and in order.</summary>
    public event Action<string, IReadOnlySet<string>>? OpenChanged;

    /// <summary>Tells whoever comes later on which nodes a trust domain's doors are of use now; nothing changes meanwhile.</summary>
    public void TellOpen(string trustDomain, Action<IReadOnlySet<string>> tell)
    {
        lock (_gate)
        {
            tell(_open.GetValueOrDefault(trustDomain, []));
        }
    }

    /// <summary>Whether a door of a trust domain has been heard of, on whichever node.</summary>
    public bool KnowsAny(string trustDomain) => _known.HasAny(trustDomain);

    /// <summary>The door of a pod, connected or not: it was, and will be at the same place again.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="patience">How long it is waited for, if none was heard of.</param>
    /// <returns>Null: there is none.</returns>
    public ValueTask<DoorHello?> FindAsync(PlatformPod pod, TimeSpan patience)
        => _domains.Of(pod.Pool) is { } domain ? _known.FindAsync(new(domain, pod.Node), patience) : new((DoorHello?)null);

    /// <summary>A pool is of a trust domain from now on: its functions are that domain's doors' to know.</summary>
    public void SetDomain(string pool, string trustDomain)
    {
        if (_domains.Set(pool, trustDomain))
        {
            PoolChanged(pool);
        }
    }

    /// <summary>A pool is not there any more.</summary>
    public void RemovePool(string pool)
    {
        _domains.Remove(pool);
        PoolChanged(pool);
    }

    /// <summary>A door connects. Nothing is sent there yet but what it asks for.</summary>
    public DoorConnection Add(DoorHello hello)
    {
        var connection = new DoorConnection(hello);
        _connections[connection] = true;
        _known.Add(connection);
        return connection;
    }

    /// <summary>A door is of use from now on, or not any more.</summary>
    public void SetReady(DoorConnection connection, bool ready)
    {
        connection.IsReady = ready;
        CountOpen(connection.Place.TrustDomain);
    }

    /// <summary>A connection ended.</summary>
    public void Remove(DoorConnection connection)
    {
        _connections.TryRemove(connection, out _);
        _known.Remove(connection);
        CountOpen(connection.Place.TrustDomain);
    }

    /// <summary>An instance of a function that uses Dapr is about to be: its door shall know it before its first call.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="functionAddress">Where functions listen in it; what is called from there comes from the same address.</param>
    /// <param name="function">What it becomes.</param>
    public void Bind(PlatformPod pod, string? functionAddress, FunctionRecord function) => Bind(pod, functionAddress, function.Name, function.Revision);

    /// <summary>What a pod says of itself: so that a manager which takes over knows its instances as well.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="functionAddress">Where functions listen in it.</param>
    /// <param name="observation">What it says.</param>
    public void Observed(PlatformPod pod, string? functionAddress, PodObservation observation)
    {
        if (observation is { Binding: { } binding, Phase: PodPhase.Specializing or PodPhase.Serving or PodPhase.Draining }
            && _functions.All.TryGetValue(binding.Function, out var function) && function.Spec.Dapr is not null)
        {
            Bind(pod, functionAddress, binding.Function, binding.Revision);
        }
    }

    /// <summary>A pod does not exist any more.</summary>
    public void Gone(PodId pod)
    {
        if (_instances.TryRemove(pod, out var bound))
        {
            InstanceChanged(bound.Place, pod);
        }
    }

    /// <summary>All there is, for a door that knows nothing yet.</summary>
    public DoorUpdate Snapshot(DoorConnection connection, ulong epoch)
    {
        connection.Take();
        var update = NewUpdate(epoch);
        update.Snapshot = true;
        update.TokenKey = _tokenKey;
        foreach (var function in _functions.All.Values.Where(function => IsFor(connection, function)))
        {
            connection.Told(function.Name);
            update.Functions.Add(ToWire(function));
        }

        update.Instances.AddRange(_instances.Values.Where(bound => bound.Place == connection.Place).Select(bound => bound.Instance));
        return update;
    }

    /// <summary>What changed since the last time, as it is now.</summary>
    public DoorUpdate Update(DoorConnection connection, ulong epoch)
    {
        var (functions, pods) = connection.Take();
        var update = NewUpdate(epoch);
        foreach (var name in functions)
        {
            if (_functions.All.TryGetValue(name, out var function) && IsFor(connection, function))
            {
                connection.Told(name);
                update.Functions.Add(ToWire(function));
            }
            else if (connection.Forgets(name))
            {
                update.Removed.Add(ToWire(name));
            }
        }

        foreach (var pod in pods)
        {
            if (_instances.TryGetValue(pod, out var bound))
            {
                update.Instances.Add(bound.Instance);
            }
            else
            {
                update.Gone.Add(pod.Value);
            }
        }

        return update;
    }

    public void Dispose() => _functions.Changed -= FunctionChanged;

    private void Bind(PlatformPod pod, string? functionAddress, Core.FunctionName function, string revision)
    {
        var instance = new DoorInstance { Id = pod.Pod.Value, Function = ToWire(function), Revision = revision, Address = AddressOf(functionAddress) };
        if (_domains.Of(pod.Pool) is not { } domain)
        {
            return;
        }

        var bound = new BoundInstance(new(domain, pod.Node), instance);
        if (!_instances.TryGetValue(pod.Pod, out var known) || known != bound)
        {
            _instances[pod.Pod] = bound;
            InstanceChanged(bound.Place, pod.Pod);
        }
    }

    private bool IsFor(DoorConnection connection, FunctionRecord function) => _domains.Of(function.Spec.Pool) == connection.Place.TrustDomain;

    private void PoolChanged(string pool)
    {
        foreach (var function in _functions.All.Values.Where(function => function.Spec.Pool == pool))
        {
            FunctionChanged(function.Name);
        }
    }

    private void FunctionChanged(Core.FunctionName function)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Changed(function);
        }
    }

    private void InstanceChanged(DoorPlace place, PodId pod)
    {
        foreach (var connection in _connections.Keys)
        {
            if (connection.Place == place)
            {
                connection.Changed(pod);
            }
        }
    }

    private void CountOpen(string trustDomain)
    {
        lock (_gate)
        {
            var open = _connections.Keys.Where(connection => connection.IsReady && connection.Place.TrustDomain == trustDomain)
                .Select(connection => connection.Place.Node).ToFrozenSet();
            if (!open.SetEquals(_open.GetValueOrDefault(trustDomain, [])))
            {
                _open[trustDomain] = open;
                OpenChanged?.Invoke(trustDomain, open);
            }
        }
    }

    private DoorUpdate NewUpdate(ulong epoch) => new() { Version = (ulong)Interlocked.Increment(ref _version), Epoch = epoch };

    private static DoorFunction ToWire(FunctionRecord function) => new() { Function = ToWire(function.Name), Access = function.Spec.Dapr };

    private static Contracts.V1.FunctionName ToWire(Core.FunctionName name) => new() { Namespace = name.Namespace, Name = name.Name };

    /// <returns>Empty: a socket has none.</returns>
    private static string AddressOf(string? functionAddress)
        => Uri.TryCreate(functionAddress, UriKind.Absolute, out var uri) && IPAddress.TryParse(uri.DnsSafeHost, out var address) && !IPAddress.IsLoopback(address)
            ? address.ToString()
            : "";

    private sealed record BoundInstance(DoorPlace Place, DoorInstance Instance);
}
