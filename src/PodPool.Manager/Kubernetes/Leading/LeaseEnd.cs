namespace PodPool.Manager.Kubernetes.Leading;

/// <summary>How an election ended.</summary>
internal abstract record LeaseEnd
{
    /// <summary>It was stopped. A lease that was held is free for the next at once, if the server could be reached.</summary>
    public sealed record Stopped : LeaseEnd;

    /// <summary>Another holds the lease that this process held. For good: what this process knows of leading is no longer true, and it should end.</summary>
    /// <param name="To">Who.</param>
    public sealed record Lost(string To) : LeaseEnd;
}
