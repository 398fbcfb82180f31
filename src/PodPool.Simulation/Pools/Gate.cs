namespace PodPool.Simulation;

/// <summary>One function at the router.</summary>
internal struct Gate
{
    public int InFlight;
    public int Capacity;
    public int Waiting;

    /// <summary>In flight, as the pool was told last.</summary>
    public int Said;

    /// <summary>The pool will be told that there are fewer.</summary>
    public bool Falls;

    /// <summary>An acquire is out.</summary>
    public bool Asks;
}
