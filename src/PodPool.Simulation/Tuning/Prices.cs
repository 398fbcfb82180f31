namespace PodPool.Simulation;

/// <summary>What a pod costs.</summary>
/// <param name="PodMemory">GiB that a pod is given.</param>
/// <param name="GibHour">What a GiB costs for an hour, in any currency.</param>
public sealed record Prices(double PodMemory, double GibHour)
{
    /// <summary>GiB, on average over the load: all pods, whatever they do.</summary>
    public double Memory(RunResult result) => result.Span > TimeSpan.Zero ? result.PodHours * PodMemory / result.Span.TotalHours : 0;

    /// <summary>Of the whole load.</summary>
    public double Cost(RunResult result) => result.PodHours * PodMemory * GibHour;
}
