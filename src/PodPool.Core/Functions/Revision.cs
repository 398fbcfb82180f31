namespace PodPool.Core;

/// <summary>One revision of a function and the pods bound to it.</summary>
internal sealed class Revision(Function function, FunctionSpec spec)
{
    public Function Function => function;

    /// <summary>Changes that keep the revision (concurrency, scale) replace it.</summary>
    public FunctionSpec Spec { get; set; } = spec;

    /// <summary>Oldest claim first.</summary>
    public List<Pod> Claimed { get; } = [];

    /// <summary>Oldest instance first.</summary>
    public List<Pod> Serving { get; } = [];

    public int Pods => Claimed.Count + Serving.Count;

    /// <summary>Requests at once that its instances take.</summary>
    public long Capacity => (long)Serving.Count * Spec.Concurrency;

    /// <summary>Requests at once that as many instances take as it may have.</summary>
    public long MaxCapacity => (long)Spec.Scale.Max * Spec.Concurrency;

    public void RouteMayChange()
    {
        if (function.Routed == this)
        {
            function.RouteChanged = true;
        }
    }

    /// <summary>Instances that a load needs, within the limits.</summary>
    public int InstancesFor(long load) =>
        (int)Math.Clamp((load + Spec.Concurrency - 1) / Spec.Concurrency, Spec.Scale.Min, Spec.Scale.Max);
}
