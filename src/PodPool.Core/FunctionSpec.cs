namespace PodPool.Core;

/// <summary>What the pool must know of a function. A new <see cref="Revision"/> replaces the old one make-before-break.</summary>
/// <param name="Name">The function.</param>
/// <param name="Revision">Names one immutable state of it.</param>
/// <param name="PackageDigest">Which package's files it needs; pods that hold them are preferred.</param>
/// <param name="Concurrency">Requests at once per instance; at least 1.</param>
/// <param name="Scale">How many instances.</param>
/// <param name="OnEmptyPool">What an acquire gets when no pod is warm.</param>
public sealed record FunctionSpec(
    FunctionName Name, string Revision, string PackageDigest, int Concurrency, ScaleLimits Scale, EmptyPoolPolicy OnEmptyPool)
{
    /// <summary>Whether it uses Dapr: pods on nodes whose door to it is open are preferred. Default: no.</summary>
    public bool UsesDapr { get; init; }
}

/// <summary>How many instances a function has.</summary>
/// <param name="Min">Kept even when idle.</param>
/// <param name="Max">Never more; <see cref="int.MaxValue"/>: as many as the pool may have.</param>
/// <param name="IdleTimeout">An instance that the peak load of so long did not need is reaped.</param>
public sealed record ScaleLimits(int Min, int Max, TimeSpan IdleTimeout);

/// <summary>What an acquire gets when no pod is warm.</summary>
public enum EmptyPoolPolicy
{
    /// <summary>Wait for one until its deadline.</summary>
    Wait,

    /// <summary>Refused at once.</summary>
    Reject,
}
