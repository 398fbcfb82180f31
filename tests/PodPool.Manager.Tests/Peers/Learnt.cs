using Microsoft.Extensions.Time.Testing;
using PodPool.Core;

namespace PodPool.Manager.Tests.Peers;

/// <summary>What a pool's size has learnt, as a pool that lived before writes it.</summary>
internal static class Learnt
{
    /// <summary>Of a pool that kept so many warm pods, at a time.</summary>
    public static string With(int warm, DateTimeOffset? at = null)
    {
        var world = new Nothing();
        var pool = new Pool(new() { Name = "before", Warm = warm, Auto = new(0.01) }, world, world, new FakeTimeProvider(at ?? TimeProvider.System.GetUtcNow()), () => Guid.NewGuid().ToString("N"));
        pool.Reconcile([]);
        return pool.Learnt!;
    }

    private sealed class Nothing : IPodBackend, IPoolListener
    {
        public void Create(PodId pod)
        {
        }

        public void Specialize(ClaimOrder order)
        {
        }

        public void Drain(PodId pod, TimeSpan grace)
        {
        }

        public void Delete(PodId pod, DeleteReason reason)
        {
        }

        public void Answered(AcquireId acquire, AcquireAnswer answer)
        {
        }

        public void RouteChanged(FunctionName function, long version)
        {
        }

        public void Happened(PoolEvent happened)
        {
        }
    }
}
