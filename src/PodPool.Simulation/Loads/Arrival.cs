namespace PodPool.Simulation;

/// <summary>One request.</summary>
/// <param name="At">When it comes, in ticks of 100 ns since the load began.</param>
/// <param name="Function">Its place in <see cref="ILoad.Functions"/>.</param>
/// <param name="Duration">How long an instance works on it, in ticks.</param>
public readonly record struct Arrival(long At, int Function, long Duration);
