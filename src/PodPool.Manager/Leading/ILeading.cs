namespace PodPool.Manager.Leading;

/// <summary>How a manager comes to lead: what it does before it listens, and when it ends.</summary>
internal interface ILeading
{
    /// <summary>Why this manager ended by itself: something took the lead from it, or broke; null: it did not.</summary>
    string? Ended { get; }

    /// <summary>Who leads, as last seen; null: nobody, nobody knows yet, or there is only this manager.</summary>
    string? Leader { get; }

    /// <summary>Finds out what exists. When it returns, the manager may listen; whether it leads by then is not said.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Leads no more.</summary>
    Task StopAsync(CancellationToken cancellationToken);
}
