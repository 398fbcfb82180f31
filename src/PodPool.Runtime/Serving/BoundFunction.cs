using PodPool.Contracts.V1;

namespace PodPool.Runtime.Serving;

/// <summary>A function that serves: the target, and what the endpoint must know of it.</summary>
/// <param name="InstanceId">What <c>x-podpool-instance</c> must say.</param>
/// <param name="Manifest">What it was made of.</param>
/// <param name="Target">What answers.</param>
/// <param name="Gate">Whom requests must pass.</param>
internal sealed record BoundFunction(string InstanceId, Manifest Manifest, FunctionTarget Target, RequestGate Gate)
{
    /// <summary>One request's time; null: none.</summary>
    public TimeSpan? Timeout { get; } = Manifest.Timeout is { } timeout && timeout.ToTimeSpan() is var span && span > TimeSpan.Zero ? span : null;
}
