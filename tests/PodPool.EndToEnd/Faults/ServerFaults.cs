using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>The API server is away for longer than a leader's lease: nothing that is held in memory needs it.</summary>
public sealed class ServerFaults(TestNamespace space) : EndToEndTests(space)
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(30);

    [ClusterFact("Server")]
    public async Task Functions_are_called_on_and_first_requests_are_answered_from_the_pool()
    {
        await Space.DeployEchoesAsync("called", 3);
        await Space.DeployEchoesAsync("first", 3);
        await Installation.FullAsync("default");
        var load = await Caller.LoadAsync(["called-1", "called-2", "called-3"], callers: 6);
        await load.AnsweredAsync(60);

        // Called for the first time while nobody can be asked about pods: from the pool as it was, so the pods that the others took are replaced by then.
        await Installation.FullAsync("default");
        var first = await Caller.LoadAsync(["first-1", "first-2", "first-3"], callers: 3, requests: 4, delay: 15_000);
        await Command.BreakAsync(Settings.ServerStop!, "");
        try
        {
            await Task.Delay(Away, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            await Command.BreakAsync(Settings.ServerStart!, "");
        }

        await Eventually.IsSoAsync(async () => await first.CountAsync() is { Sent: 12 } count && count.Answered + count.Failures.Count == 12 ? null : "first requests are not over");
        (await first.EndAsync()).AllAnswered();
        await load.AnsweredAsync(200);
        (await load.EndAsync()).AllAnswered();
        await Installation.ReadyAsync();
        await PodAudit.NothingLeakedAsync(Installation);
    }
}
