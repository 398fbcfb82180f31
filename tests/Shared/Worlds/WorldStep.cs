using PodPool.Core;

namespace PodPool.Worlds;

/// <summary>Something that happens to a world, said without knowing how that world is made: simulated whole, or real parts round a fake API server.</summary>
internal abstract record WorldStep
{
    /// <summary>So many callers ask for a function; each waits so many seconds at most.</summary>
    public sealed record Request(int Function, int Count, double Hold) : WorldStep;

    /// <summary>Time goes by, and what is due happens.</summary>
    public sealed record Run(double Seconds) : WorldStep;

    /// <summary>The callers of a function who wait at a router leave.</summary>
    public sealed record Leave(int Function) : WorldStep;

    /// <summary>A pod dies; which one is any number's choice.</summary>
    public sealed record KillPod(int Any) : WorldStep;

    /// <summary>The manager dies; another one starts so many seconds later.</summary>
    public sealed record Restart(double Downtime) : WorldStep;

    /// <summary>Time goes by and nobody does anything meanwhile.</summary>
    public sealed record Jump(double Seconds) : WorldStep;

    public sealed record AddRouter : WorldStep;

    public sealed record RemoveRouter : WorldStep;

    /// <summary>A function is deployed; its start-up throws if it is broken.</summary>
    public sealed record Set(FunctionSpec Function, bool IsBroken) : WorldStep;

    public sealed record Remove(int Function) : WorldStep;

    /// <summary>The instances of a function are to be replaced.</summary>
    public sealed record Evict(int Function) : WorldStep;

    /// <summary>The pool is to be kept otherwise.</summary>
    public sealed record Resize(PoolSpec Spec) : WorldStep;

    public sealed record Storm : WorldStep;

    public sealed record Calm : WorldStep;
}
