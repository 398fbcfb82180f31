namespace PodPool.Core;

/// <summary>A pod's name: chosen by the pool, never used again for another pod.</summary>
public readonly record struct PodId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>One taking of one pod for one revision. The pod judges by it: the same claim again is the same answer.</summary>
public readonly record struct ClaimId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A function's name in its namespace; both are DNS labels.</summary>
public readonly record struct FunctionName(string Namespace, string Name)
{
    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>One waiting acquire of a router; chosen by the caller of <see cref="Pool.Acquire"/>, unique while it waits.</summary>
public readonly record struct AcquireId(long Value);
