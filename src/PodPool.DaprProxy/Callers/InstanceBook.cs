using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Callers;

/// <summary>What the manager told of instances and functions. Written by its stream alone, read by every call.</summary>
internal sealed class InstanceBook : ICallers
{
    private readonly Dictionary<string, DoorInstance> _instances = [];
    private readonly ConcurrentDictionary<(string Namespace, string Name), DaprAccess?> _functions = new();
    private readonly ConcurrentDictionary<string, Caller> _callers = new();
    private TaskCompletionSource _nextChange = NewSignal();
    private TaskCompletionSource _nextFunctionChange = NewSignal();
    private volatile ECDsa? _key;
    private ByteString _keyBytes = ByteString.Empty;

    public ECDsa? Key => _key;

    public Task NextChange => Volatile.Read(ref _nextChange).Task;

    public Task NextFunctionChange => Volatile.Read(ref _nextFunctionChange).Task;

    public IEnumerable<KnownFunction> Functions => _functions.Select(function => new KnownFunction(function.Key.Namespace, function.Key.Name, function.Value));

    public Caller? Find(string podId) => _callers.GetValueOrDefault(podId);

    public bool IsFunction(string @namespace, string name) => _functions.ContainsKey((@namespace, name));

    /// <summary>Takes in what the manager said. One at a time.</summary>
    /// <exception cref="CryptographicException">Its key is none.</exception>
    public void Apply(DoorUpdate update)
    {
        if (update.Snapshot)
        {
            UseKey(update.TokenKey);
            Forget(update);
        }

        foreach (var function in update.Functions)
        {
            _functions[NameOf(function.Function)] = function.Access;
        }

        foreach (var removed in update.Removed)
        {
            _functions.TryRemove(NameOf(removed), out _);
        }

        foreach (var instance in update.Instances)
        {
            _instances[instance.Id] = instance;
        }

        foreach (var gone in update.Gone)
        {
            _instances.Remove(gone);
            _callers.TryRemove(gone, out _);
        }

        // A node has few hundred at most.
        foreach (var instance in _instances.Values)
        {
            _callers[instance.Id] = CallerOf(instance);
        }

        // Replaced first: who looks now waits for the next.
        var change = Interlocked.Exchange(ref _nextChange, NewSignal());
        change.SetResult();
        if (update.Snapshot || update.Functions.Count > 0 || update.Removed.Count > 0)
        {
            var functionChange = Interlocked.Exchange(ref _nextFunctionChange, NewSignal());
            functionChange.SetResult();
        }
    }

    /// <summary>A snapshot is all there is.</summary>
    private void Forget(DoorUpdate snapshot)
    {
        foreach (var name in _functions.Keys.Except(snapshot.Functions.Select(function => NameOf(function.Function))))
        {
            _functions.TryRemove(name, out _);
        }

        foreach (var id in _instances.Keys.Except(snapshot.Instances.Select(instance => instance.Id)).ToList())
        {
            _instances.Remove(id);
            _callers.TryRemove(id, out _);
        }
    }

    private Caller CallerOf(DoorInstance instance)
    {
        var known = _callers.GetValueOrDefault(instance.Id);

        // A function that was deleted is gone for callers, but its instances end what they have begun.
        var access = _functions.TryGetValue(NameOf(instance.Function), out var granted) ? granted ?? new() : known?.Access ?? new();
        var address = instance.Address.Length == 0 ? null : IPAddress.Parse(instance.Address);
        return known is not null && known.Revision == instance.Revision && Equals(known.Address, address) && ReferenceEquals(known.Access, access)
            ? known
            : new(instance.Function.Namespace, instance.Function.Name, instance.Revision, instance.Id, address, access);
    }

    /// <remarks>One that is replaced is not disposed: checks that began with it may still run. An installation has one in all its life.</remarks>
    private void UseKey(ByteString bytes)
    {
        if (_keyBytes == bytes)
        {
            return;
        }

        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(bytes.Span, out _);
        (_key, _keyBytes) = (key, bytes);
    }

    private static (string Namespace, string Name) NameOf(FunctionName name) => (name.Namespace, name.Name);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
