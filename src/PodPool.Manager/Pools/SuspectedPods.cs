using System.Collections.Concurrent;
using PodPool.Core;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Pools;

/// <summary>What became of a pod that somebody could not reach.</summary>
internal enum SuspectVerdict
{
    /// <summary>It answers; or somebody looks at it already, and sees the same.</summary>
    None,

    /// <summary>It does not exist any more.</summary>
    Gone,

    /// <summary>It exists and does not answer, while this manager is in touch with the cluster.</summary>
    Lost,
}

/// <summary>
/// Pods that a router, or their own channel, could not reach. Whether one is lost is for this manager to find out, which may be cut off itself: then it
/// is looked at again when it is not any more.
/// </summary>
internal sealed class SuspectedPods(IPodPlatform platform, PodDirectory pods, LeaderFence fence, TimeProvider time)
{
    /// <summary>How long a pod that is looked at has to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<PodId, bool> _lookedAt = new();

    /// <summary>Looks at a pod; one that does not answer counts as lost only if this manager was seen to lead right after that.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public async Task<SuspectVerdict> LookAtAsync(PodId pod, CancellationToken cancellationToken)
    {
        if (!_lookedAt.TryAdd(pod, true))
        {
            return SuspectVerdict.None;
        }

        try
        {
            while (true)
            {
                if (!await platform.ExistsAsync(pod, cancellationToken).ConfigureAwait(false))
                {
                    return SuspectVerdict.Gone;
                }

                if (pods.Find(pod) is not { } link || await link.AnswersAsync(Patience).ConfigureAwait(false))
                {
                    return SuspectVerdict.None;
                }

                var looked = time.GetTimestamp();
                await fence.PassAsync(cancellationToken).ConfigureAwait(false);
                if (time.GetElapsedTime(looked) <= Patience)
                {
                    return SuspectVerdict.Lost;
                }

                // What was seen so long before says nothing: nobody may have answered this manager.
            }
        }
        finally
        {
            _lookedAt.TryRemove(pod, out _);
        }
    }
}
