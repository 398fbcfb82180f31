using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Processes;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>Pods that end when they should not, and code that does not start.</summary>
public sealed class PodFailureTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_a_pod_is_killed_while_it_is_specialized_another_answers_the_same_acquire()
    {
        using var folder = new TemporaryFolder();
        var mark = Path.Combine(folder.Path, "first");

        // The first to start says which process it is, and never gets further.
        var package = Compiled.Function($$"""
            public sealed class Startup : IFunctionStartup
            {
                public void Configure(IServiceCollection services, IConfiguration configuration)
                {
                    if (!File.Exists("{{mark}}"))
                    {
                        File.WriteAllText("{{mark}}.tmp", Environment.ProcessId.ToString());
                        File.Move("{{mark}}.tmp", "{{mark}}");
                        Thread.Sleep(Timeout.Infinite);
                    }
                }
            }

            public sealed class Answer : IHttpFunction
            {
                public Task HandleAsync(HttpContext context) => context.Response.WriteAsync("answered by " + Environment.ProcessId);
            }
            """);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        await manager.Client.DeployAsync("fragile", package);
        var acquiring = manager.AcquireAsync("fragile");
        var victim = int.Parse(await ReadWhenThereAsync(mark), CultureInfo.InvariantCulture);

        Process.GetProcessById(victim).Kill();

        var acquired = await acquiring;
        var text = await InstanceCall.TextAsync(acquired.Instance);
        Assert.StartsWith("answered by ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(victim.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
        Assert.Null((await manager.Client.DescribeAsync("fragile")).Conditions.FirstOrDefault(condition => !condition.Status));
    }

    [Fact]
    public async Task Code_that_does_not_start_is_told_to_the_caller_kept_on_the_function_and_not_tried_at_once_again()
    {
        var package = Compiled.Function("""
            public sealed class Startup : IFunctionStartup
            {
                public void Configure(IServiceCollection services, IConfiguration configuration) => throw new InvalidOperationException("no database");
            }

            public sealed class Never : IHttpFunction
            {
                public Task HandleAsync(HttpContext context) => Task.CompletedTask;
            }
            """);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("broken", package);
        var first = await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("broken"));
        Assert.Equal(Reason.StartupFailed, first.ReasonOf());
        Assert.Contains("no database", first.Status.Detail, StringComparison.Ordinal);

        var status = await manager.Client.DescribeAsync("broken");
        Assert.Equal(Reason.StartupFailed, status.LastFailure.Reason);
        Assert.Contains("no database", status.LastFailure.Message, StringComparison.Ordinal);
        Assert.NotNull(status.LastFailure.At);
        var ready = Assert.Single(status.Conditions);
        Assert.Equal(("Ready", false, "STARTUP_FAILED"), (ready.Type, ready.Status, ready.Reason));

        var second = await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("broken"));
        Assert.Equal((Reason.BreakerOpen, "STARTUP_FAILED"), (second.ReasonOf(), second.InfoOf()!.Metadata["cause"]));

        // The pod that saw the code is gone for good; the pool is whole again.
        await manager.Client.UntilAsync(pool => pool is { Warm: 1, Claimed: 0, Serving: 0, Draining: 0 });
    }

    [Fact]
    public async Task An_instance_that_is_killed_is_noticed_and_replaced_at_the_next_acquire()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        var first = await manager.AcquireAsync("hello");
        var process = int.Parse((await InstanceCall.TextAsync(first.Instance)).Split(' ')[1], CultureInfo.InvariantCulture);
        Process.GetProcessById(process).Kill();
        await manager.Client.UntilAsync(pool => pool is { Serving: 0, Warm: 1 });

        var second = await manager.AcquireAsync("hello");
        Assert.NotEqual(first.Instance.Id, second.Instance.Id);
    }

    [Fact]
    public async Task An_instance_that_uses_more_memory_than_it_may_is_ended_and_the_reason_said()
    {
        var package = Compiled.Function("""
            public sealed class Greedy : IHttpFunction
            {
                public unsafe Task HandleAsync(HttpContext context)
                {
                    for (var i = 0; i < 300; i++)
                    {
                        System.Runtime.InteropServices.NativeMemory.Fill(System.Runtime.InteropServices.NativeMemory.Alloc(1 << 20), 1 << 20, 7);
                    }

                    return Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
            }
            """);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1, options => options with { Pools = [options.Pools[0] with { MemoryBytes = 200 << 20 }] });
        await manager.Client.DeployAsync("greedy", package);
        using var watch = manager.Client.Operator.Watch(new(), cancellationToken: Test);
        await watch.ResponseHeadersAsync;
        var acquired = await manager.AcquireAsync("greedy");
        var call = InstanceCall.GetAsync(acquired.Instance);

        Event gone;
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(Test));
            gone = watch.ResponseStream.Current;
        }
        while (gone.Kind != "PodGone" || gone.Pod != acquired.Instance.Id);

        Assert.Contains("more than its 200 MiB", gone.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => call);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Pods_that_do_not_start_stop_the_refill_and_say_why()
    {
        using var folder = new TemporaryFolder();
        var runtime = Directory.CreateDirectory(Path.Combine(folder.Path, "runtime")).FullName;
        await File.WriteAllTextAsync(Path.Combine(runtime, "PodPool.Runtime"), "#!/bin/sh\necho 'cannot find libfoo'\nexit 3\n", Test);
        File.SetUnixFileMode(Path.Combine(runtime, "PodPool.Runtime"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1, options => options with { RuntimeFolder = runtime }, folder, wait: false);
        await manager.Client.UntilAsync(pool => pool.Conditions.Any(condition => condition is { Type: "Degraded", Status: true }));
        var degraded = (await manager.Client.PoolAsync()).Conditions.Single(condition => condition.Type == "Degraded");
        Assert.Contains("exit code 3", degraded.Message, StringComparison.Ordinal);
        Assert.Contains("cannot find libfoo", degraded.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_folder_without_the_program_is_refused()
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<ManagerOptionsException>(() => RuntimeProgram.Find(folder.Path));
        Assert.Contains(folder.Path, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ReadWhenThereAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!) { EnableRaisingEvents = true };
        var changed = new SemaphoreSlim(0);
        watcher.Renamed += (_, _) => changed.Release();
        while (!File.Exists(path))
        {
            await changed.WaitAsync(TimeSpan.FromSeconds(30), Test);
        }

        return await File.ReadAllTextAsync(path, Test);
    }
}
