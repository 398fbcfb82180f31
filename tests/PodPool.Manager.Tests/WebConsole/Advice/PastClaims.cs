using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Tests.WebConsole.Advice;

/// <summary>Claims that a pool had, and refills, while the test's clock went on.</summary>
internal static class PastClaims
{
    /// <summary>Two hours of claims, one in 15 s on average, every tenth with two others; refills of 2 s, and 6 s at p99; starts of 15 ms, and 90 ms at p99.</summary>
    public static void Remember(this PoolTrace trace, FakeTimeProvider time)
    {
        var random = new Random(1);
        for (var end = time.GetUtcNow() + TimeSpan.FromHours(2); time.GetUtcNow() < end;)
        {
            trace.Claims.Add(random.Next(10) == 0 ? 3 : 1);
            time.Advance(TimeSpan.FromSeconds(-15 * Math.Log(1 - random.NextDouble())));
        }

        for (var i = 0; i < 500; i++)
        {
            trace.Refills.Add(TimeSpan.FromSeconds(i % 50 == 0 ? 6 : 2));
            trace.Starts.Add(TimeSpan.FromMilliseconds(i % 50 == 0 ? 90 : 15));
        }
    }
}
