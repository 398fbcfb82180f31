using System.Collections.Concurrent;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>How far a function's resource is taken.</summary>
/// <param name="Generation">Which state of it was looked at.</param>
/// <param name="Problem">Why it was not taken; null: it was.</param>
internal sealed record FunctionState(long Generation, NotReadyException? Problem);

/// <summary>How far each function's resource is taken, for its status.</summary>
internal sealed class FunctionStates
{
    private readonly ConcurrentDictionary<FunctionName, FunctionState> _states = new();

    /// <summary>Told when a function's state changed. Must return at once.</summary>
    public event Action<FunctionName>? Changed;

    /// <summary>A function's state; null: it was not looked at yet.</summary>
    public FunctionState? Find(FunctionName function) => _states.GetValueOrDefault(function);

    /// <summary>It is served as its resource says.</summary>
    public void Taken(FunctionName function, FunctionResource resource) => Set(function, new(resource.Metadata.Generation ?? 0, null));

    /// <summary>It is not.</summary>
    public void NotTaken(FunctionName function, FunctionResource resource, NotReadyException why) => Set(function, new(resource.Metadata.Generation ?? 0, why));

    /// <summary>It is gone.</summary>
    public void Forget(FunctionName function)
    {
        _states.TryRemove(function, out _);
        Changed?.Invoke(function);
    }

    private void Set(FunctionName function, FunctionState state)
    {
        _states[function] = state;
        Changed?.Invoke(function);
    }
}
