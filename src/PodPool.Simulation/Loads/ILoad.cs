namespace PodPool.Simulation;

/// <summary>Requests in the order of their times, as a stream: what was read is not kept.</summary>
public interface ILoad : IDisposable
{
    /// <summary>The time of day at which it begins.</summary>
    DateTimeOffset Begin { get; }

    /// <summary>The functions met so far; it grows while the load is read.</summary>
    IReadOnlyList<string> Functions { get; }

    /// <summary>How long it lasts, in ticks; final when all was read.</summary>
    long End { get; }

    /// <summary>How much of it was read, 0 to 1.</summary>
    double Progress { get; }

    /// <summary>What of it was not as it should be and could be put right.</summary>
    Repairs Repairs { get; }

    /// <summary>The next requests.</summary>
    /// <returns>How many; 0: there are no more.</returns>
    /// <exception cref="TraceException">It cannot be read on.</exception>
    int Read(Span<Arrival> arrivals);
}

/// <summary>A load that can be had again from its beginning, the same each time.</summary>
public interface ILoadSource
{
    /// <summary>What it is, with all its parameters.</summary>
    string Description { get; }

    /// <summary>Begins it.</summary>
    /// <exception cref="TraceException">It cannot be read.</exception>
    ILoad Open();
}
