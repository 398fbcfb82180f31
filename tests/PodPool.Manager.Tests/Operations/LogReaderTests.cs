using System.Runtime.CompilerServices;
using PodPool.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.Platform;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

/// <summary>Which pods a reader of logs follows.</summary>
public sealed class LogReaderTests
{
    private static readonly FunctionName Function = new("shop", "talk");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_that_is_found_after_the_last_event_of_its_start_is_followed_all_the_same()
    {
        using var folder = new TemporaryFolder();
        var time = new ConcurrentClock(TimeProvider.System.GetUtcNow());
        var platform = new OnePod();
        var reader = new LogReader(platform, new EventJournal(ManagerUnderTest.OptionsFor(folder.Path), time), time);
        await using var lines = reader.FollowAsync(Function, tail: 0, Test).GetAsyncEnumerator(Test);
        var first = lines.MoveNextAsync().AsTask();
        Assert.Equal(1, platform.Looks);

        platform.IsFound = true;
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await first.WaitAsync(TimeSpan.FromSeconds(30), Test));
        Assert.Equal(("the-pod", "said"), (lines.Current.Pod, lines.Current.Line));
    }

    /// <summary>Has one pod, of which only what it wrote can be asked.</summary>
    private sealed class OnePod : IPodPlatform
    {
        public bool IsFound { get; set; }

        public int Looks { get; private set; }

        public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken)
        {
            Looks++;
            return Task.FromResult<IReadOnlyList<PodId>>(IsFound ? [new PodId("the-pod")] : []);
        }

        public async IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return "said";
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void ClaimStarted(ClaimOrder order) => throw new NotSupportedException();

        public void Observed(PodObservation observation) => throw new NotSupportedException();

        public Task StopAsync(bool keepPods, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
