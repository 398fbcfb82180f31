using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

public sealed class WatchAndLogTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watcher_sees_a_start_from_claim_to_serving()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        using var watch = manager.Client.Operator.Watch(new() { Function = ManagerClient.Name("hello") }, cancellationToken: Test);
        await watch.ResponseHeadersAsync;
        var acquired = await manager.AcquireAsync("hello");
        foreach (var kind in (string[])["Claimed", "Serving"])
        {
            Assert.True(await watch.ResponseStream.MoveNext(Test));
            var seen = watch.ResponseStream.Current;
            Assert.Equal((kind, acquired.Instance.Id, "default", "hello"), (seen.Kind, seen.Pod, seen.Pool, seen.Function.Name));
        }
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_is_ended_and_the_others_are_not()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0, options => options with { WatchBacklog = 10 });
        var journal = manager.Host.Services.GetRequiredService<EventJournal>();
        var slow = journal.Watch(null);
        var quick = journal.Watch(null);
        for (var i = 0; i < 20; i++)
        {
            journal.Add("default", new(PoolEventKind.PodWarm, new PodId($"p{i}")));
            Assert.Equal($"p{i}", (await quick.Reader.ReadAsync(Test)).Pod);
        }

        var read = 0;
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var seen in slow.Reader.ReadAllAsync(Test))
            {
                Assert.Equal($"p{read++}", seen.Pod);
            }
        });
        Assert.Equal(10, read);
        Assert.Equal(StatusCode.ResourceExhausted, ended.StatusCode);
    }

    [Fact]
    public async Task Log_lines_of_a_function_are_read_and_followed_also_from_instances_that_ended()
    {
        var package = Compiled.Function("""
            public sealed class Talk : IHttpFunction
            {
                public Task HandleAsync(HttpContext context)
                {
                    Console.WriteLine("said " + context.Request.Path);
                    return Task.CompletedTask;
                }
            }
            """);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("talk", package);
        var first = (await manager.AcquireAsync("talk")).Instance;
        using var following = manager.Client.Operator.Logs(new() { Function = ManagerClient.Name("talk"), Follow = true }, cancellationToken: Test);
        await InstanceCall.TextAsync(first, "/one");
        await UntilSaidAsync(following, "/one", first.Id);

        await manager.Client.Operator.EvictFunctionAsync(ManagerClient.Name("talk"), cancellationToken: Test);
        var second = (await manager.AcquireAsync("talk")).Instance;
        await InstanceCall.TextAsync(second, "/two");
        await UntilSaidAsync(following, "/two", second.Id);

        using var all = manager.Client.Operator.Logs(new() { Function = ManagerClient.Name("talk") }, cancellationToken: Test);
        var lines = await all.ResponseStream.ReadAllAsync(Test).ToListAsync(Test);
        Assert.Contains(lines, line => line.Pod == first.Id && line.Line.Contains("said /one", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Pod == second.Id && line.Line.Contains("said /two", StringComparison.Ordinal));

        using var tail = manager.Client.Operator.Logs(new() { Function = ManagerClient.Name("talk"), Tail = 2 }, cancellationToken: Test);
        var last = await tail.ResponseStream.ReadAllAsync(Test).ToListAsync(Test);

        // Pods go on writing: of what is there afterwards, the two are none that came before the last two of then.
        using var later = manager.Client.Operator.Logs(new() { Function = ManagerClient.Name("talk") }, cancellationToken: Test);
        var after = await later.ResponseStream.ReadAllAsync(Test).ToListAsync(Test);
        Assert.Equal(2, last.Count);
        Assert.All(last, line => Assert.InRange(after.LastIndexOf(line), lines.Count - 2, after.Count - 1));

        using var outside = manager.Client.Operator.Logs(new() { Pod = "../../etc/passwd" }, cancellationToken: Test);
        Assert.Equal(Reason.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => outside.ResponseStream.MoveNext(Test))).ReasonOf());
    }

    private static async Task UntilSaidAsync(AsyncServerStreamingCall<LogLine> lines, string what, string pod)
    {
        do
        {
            Assert.True(await lines.ResponseStream.MoveNext(Test).WaitAsync(TimeSpan.FromSeconds(30), Test));
        }
        while (lines.ResponseStream.Current.Pod != pod || !lines.ResponseStream.Current.Line.Contains($"said {what}", StringComparison.Ordinal));
    }
}
