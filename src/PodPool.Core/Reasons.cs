namespace PodPool.Core;

/// <summary>The wire names of the reasons that the pool itself finds.</summary>
internal static class Reasons
{
    public const string PodGone = "POD_GONE";
    public const string DeadlineExceeded = "DEADLINE_EXCEEDED";
    public const string ClaimConflict = "CLAIM_CONFLICT";
    public const string PoolEmpty = "POOL_EMPTY";
}
