using System.Diagnostics;
using System.Net;
using PodPool.Contracts.V1;
using PodPool.Manager.Processes;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>Managers that end, one way or another, and what the next one finds.</summary>
public sealed class TakeoverTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manager_that_keeps_its_pods_hands_them_to_the_next_one_none_restarted()
    {
        using var folder = new TemporaryFolder();
        List<string> before;
        Instance instance;
        string answer;
        await using (var first = await ManagerUnderTest.StartAsync(warm: 2, options => options with { KeepPods = true }, folder))
        {
            await first.Client.DeployAsync("hello", Compiled.Hello());
            instance = (await first.AcquireAsync("hello")).Instance;
            answer = await InstanceCall.TextAsync(instance);
            await first.Client.UntilWarmAsync(2);
            before = PodsOf(first);
        }

        // While no manager runs, the function does not notice.
        Assert.Equal(answer, await InstanceCall.TextAsync(instance));

        await using var second = await ManagerUnderTest.StartAsync(warm: 2, folder: folder);
        Assert.Equal(before, PodsOf(second));
        var pool = await second.Client.PoolAsync();
        Assert.Equal((2, 1, 0), (pool.Warm, pool.Serving, pool.Starting));
        Assert.Equal(instance.Id, (await second.AcquireAsync("hello")).Instance.Id);
        Assert.Equal(answer, await InstanceCall.TextAsync(instance));
    }

    [Fact]
    public async Task A_manager_that_was_killed_is_followed_by_one_that_takes_over_every_process()
    {
        using var folder = new TemporaryFolder();
        var options = ManagerUnderTest.OptionsFor(folder.Path, warm: 1);
        int[] before;
        Instance instance;
        using (var killed = ManagerProcess.Start(options))
        using (var client = new ManagerClient(options.Listen))
        {
            await killed.UntilListeningAsync();
            await client.UntilWarmAsync(1);
            await client.DeployAsync("hello", Compiled.Hello());
            instance = (await client.AcquireAsync("hello", 1)).Instance;
            await client.UntilAsync(pool => pool is { Warm: 1, Serving: 1 });
            before = ProcessesOf(options);
            Assert.Equal(2, before.Length);
            killed.Kill();
        }

        Assert.Equal(HttpStatusCode.OK, (await InstanceCall.GetAsync(instance)).StatusCode);
        await using (var next = await ManagerUnderTest.StartAsync(warm: 1, folder: folder))
        {
            Assert.Equal(before, ProcessesOf(options));
            var described = await next.Client.DescribeAsync("hello");
            Assert.Equal([instance.Id], described.Instances.Select(known => known.Id));

            // The warm one trusts the next manager's claims, too.
            await next.Client.DeployAsync("other", Compiled.Hello("other"));
            Assert.StartsWith("other ", await InstanceCall.TextAsync((await next.AcquireAsync("other")).Instance), StringComparison.Ordinal);
        }

        Assert.Empty(ProcessesOf(options));
    }

    [Fact]
    public async Task Processes_that_nobody_owns_are_ended_and_their_folders_removed()
    {
        using var folder = new TemporaryFolder();
        int orphan;
        await using (var first = await ManagerUnderTest.StartAsync(warm: 1, options => options with { KeepPods = true }, folder))
        {
            orphan = ProcessesOf(first.Options).Single();
        }

        // Its books are lost; its process is not.
        Directory.Delete(Path.Combine(folder.Path, "state", "pods"), recursive: true);
        var ended = Process.GetProcessById(orphan).WaitForExitAsync(Test);
        await using var second = await ManagerUnderTest.StartAsync(warm: 1, folder: folder);
        await ended.WaitAsync(TimeSpan.FromSeconds(10), Test);
        Assert.DoesNotContain(orphan, ProcessesOf(second.Options));
        Assert.Single(Directory.EnumerateDirectories(PrivateFolder.ForFiles(second.Options.StateFolder)));
    }

    [Fact]
    public async Task A_process_id_that_was_used_again_is_not_taken_for_a_pod()
    {
        using var folder = new TemporaryFolder();
        var books = new PodRecords(Path.Combine(folder.Path, "state", "pods"));
        books.ReadAll();
        books.Write(new("default-bcdfghjklmnpqrstv", "default", Environment.ProcessId, 1, 0));

        await using var manager = await ManagerUnderTest.StartAsync(warm: 1, folder: folder);
        Assert.DoesNotContain("default-bcdfghjklmnpqrstv", PodsOf(manager));
    }

    [Fact]
    public async Task A_clean_stop_ends_every_process_and_leaves_no_folder()
    {
        using var folder = new TemporaryFolder();
        ManagerOptions options;
        await using (var manager = await ManagerUnderTest.StartAsync(warm: 2, folder: folder))
        {
            options = manager.Options;
            await manager.Client.DeployAsync("hello", Compiled.Hello());
            await manager.AcquireAsync("hello");
        }

        Assert.Empty(ProcessesOf(options));
        Assert.False(Directory.Exists(Path.Combine("/dev/shm", PrivateFolder.NameFor(options.StateFolder))));
        Assert.False(Directory.Exists(PrivateFolder.SocketsPathFor(options.StateFolder)));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(options.StateFolder, "pods")));
    }

    [Fact]
    public async Task A_second_manager_on_one_state_folder_is_refused_and_told_who_has_it()
    {
        using var folder = new TemporaryFolder();
        await using var first = await ManagerUnderTest.StartAsync(warm: 0, folder: folder);
        var other = first.Options with { Listen = first.Options.Listen + "2" };
        var refused = Assert.Throws<ManagerOptionsException>(() => ManagerHost.Build(other));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    private static List<string> PodsOf(ManagerUnderTest manager) => [.. manager.Pods.All.Select(pod => pod.Pod.Pod.Value).Order(StringComparer.Ordinal)];

    private static int[] ProcessesOf(ManagerOptions options)
        => [.. ProcessTable.PodsBelow(PrivateFolder.SocketsPathFor(options.StateFolder)).Where(pod => ProcessTable.StartOf(pod.Process) is not null).Select(pod => pod.Process).Order()];
}
