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
    private readonly ConcurrentDictionary<string, DoorHello> _known = new();
    private readonly ConcurrentDictionary<PodId, BoundInstance> _instances = new();
    private readonly Lock _gate = new();
    private FrozenSet<string> _open = [];
    private TaskCompletionSource _arrival = NewSignal();

    // Above what an earlier manager may have counted to: versions grow for a door that outlives it.
    private long _version;

    public DoorHub(FunctionRegistry functions, ClaimKey key, TimeProvider time)
    {
        _tokenKey = ByteString.FromBase64(key.PublicKey);
        _version = time.GetUtcNow().ToUnixTimeMilliseconds() << 10;
        _functions = functions;
        functions.Changed += FunctionChanged;
    }

    /// <summary>Told which nodes' doors are connected and of use, whenever that has changed; one at a time, and in order.</summary>
    public event Action<IReadOnlySet<string>>? OpenChanged;

    /// <summary>Whether a door has been heard of, on whichever node.</summary>
    public bool KnowsAny => !_known.IsEmpty;

    /// <summary>Tells whoever comes later which nodes' doors are of use now; nothing changes meanwhile.</summary>
    public void TellOpen(Action<IReadOnlySet<string>> tell)
    {
        lock (_gate)
        {
            tell(_open);
        }
    }

    /// <summary>The door of a node, connected or not: it was, and will be at the same place again.</summary>
    /// <param name="node">The node.</param>
    /// <param name="patience">How long it is waited for, if none was heard of yet: after a start of the manager doors take a moment to come.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Null: there is none.</returns>
    public async ValueTask<DoorHello?> FindAsync(string node, TimeSpan patience, TimeProvider time)
    {
        if (_known.TryGetValue(node, out var known))
        {
            return known;
        }

        using var over = new CancellationTokenSource(patience, time);
        while (!over.IsCancellationRequested)
        {
            var arrival = Volatile.Read(ref _arrival).Task;
            if (_known.TryGetValue(node, out known))
            {
                return known;
            }

            await arrival.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    /// <summary>A door connects. Nothing is sent there yet but what it asks for.</summary>
    public DoorConnection Add(DoorHello hello)
    {
        var connection = new DoorConnection(hello);
        _connections[connection] = true;
        _known[hello.Node] = hello;
        Interlocked.Exchange(ref _arrival, NewSignal()).SetResult();
        return connection;
    }

    /// <summary>A door is of use from now on, or not any more.</summary>
    public void SetReady(DoorConnection connection, bool ready)
    {
        connection.IsReady = ready;
        CountOpen();
    }

    /// <summary>A connection ended.</summary>
    public void Remove(DoorConnection connection)
    {
        _connections.TryRemove(connection, out _);
        CountOpen();
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
            InstanceChanged(bound.Node, pod);
        }
    }

    /// <summary>All there is, for a door that knows nothing yet.</summary>
    public DoorUpdate Snapshot(DoorConnection connection, ulong epoch)
    {
        connection.Take();
        var update = NewUpdate(epoch);
        update.Snapshot = true;
        update.TokenKey = _tokenKey;
        update.Functions.AddRange(_functions.All.Values.Select(ToWire));
        update.Instances.AddRange(_instances.Values.Where(bound => bound.Node == connection.Node).Select(bound => bound.Instance));
        return update;
    }

    /// <summary>What changed since the last time, as it is now.</summary>
    public DoorUpdate Update(DoorConnection connection, ulong epoch)
    {
        var (functions, pods) = connection.Take();
        var update = NewUpdate(epoch);
        foreach (var name in functions)
        {
            if (_functions.All.TryGetValue(name, out var function))
            {
                update.Functions.Add(ToWire(function));
            }
            else
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
        var bound = new BoundInstance(pod.Node, instance);
        if (!_instances.TryGetValue(pod.Pod, out var known) || known != bound)
        {
            _instances[pod.Pod] = bound;
            InstanceChanged(pod.Node, pod.Pod);
        }
    }

    private void FunctionChanged(Core.FunctionName function)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Changed(function);
        }
    }

    private void InstanceChanged(string node, PodId pod)
    {
        foreach (var connection in _connections.Keys)
        {
            if (connection.Node == node)
            {
                connection.Changed(pod);
            }
        }
    }

    private void CountOpen()
    {
        lock (_gate)
        {
            var open = _connections.Keys.Where(connection => connection.IsReady).Select(connection => connection.Node).ToFrozenSet();
            if (!open.SetEquals(_open))
            {
                _open = open;
                OpenChanged?.Invoke(open);
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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record BoundInstance(string Node, DoorInstance Instance);
}
