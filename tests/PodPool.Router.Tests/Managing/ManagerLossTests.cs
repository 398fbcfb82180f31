using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Managing;

public sealed class ManagerLossTests
{
    private static readonly RequestDelegate Hello = context => context.Response.WriteAsync("hello");

    [Fact]
    public async Task Warm_functions_do_not_notice_that_the_manager_is_gone()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("hello", 10, await platform.PodAsync("one", Hello));
        await platform.Manager.KillAsync();

        for (var i = 0; i < 10; i++)
        {
            using var response = await platform.GetAsync("/default/hello/");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_held_request_is_answered_by_the_next_manager()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };
        var call = platform.GetAsync("/default/hello/");
        var first = await platform.Manager.Acquires.WaitForAsync(_ => true);

        await platform.Manager.KillAsync();
        platform.StartOnAcquire(route, Hello);
        await platform.Manager.StartAsync();

        using var response = await call;
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Equal("pooled", response.Headers.GetValues(WireHeaders.Start).Single());
        Assert.All(platform.Manager.Acquires.All, acquire => Assert.Equal(first.RouterId, acquire.RouterId));
    }

    [Fact]
    public async Task A_manager_that_says_it_is_shutting_down_is_asked_again_until_another_answers()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        var pod = await platform.PodAsync("one", Hello);
        var asked = 0;
        platform.Manager.OnAcquire = (_, _) => Interlocked.Increment(ref asked) < 4
            ? throw Reason.ShuttingDown.ToException("not the leader any more")
            : Task.FromResult(new AcquireResponse { Instance = pod.Wire });

        using var response = await platform.GetAsync("/default/hello/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task The_next_manager_is_told_every_load_and_its_snapshot_replaces_the_table()
    {
        await using var platform = await Platform.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("one", context => release.Task.WaitAsync(context.RequestAborted));
        var kept = await platform.DeployAsync("kept", 10, pod);
        var dropped = await platform.DeployAsync("dropped", 10, pod);
        var calls = Enumerable.Range(0, 3).Select(_ => platform.GetAsync("/default/kept/")).ToList();
        var before = await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 3 });

        await platform.Manager.KillAsync();
        platform.Manager.Remove(dropped);
        await platform.Manager.StartAsync();

        var told = await platform.Manager.Loads.WaitForAsync(load => load.Sequence > before.Sequence);
        Assert.Equal(("kept", 3, 0), (told.Function.Name, told.InFlight, told.Waiting));
        await platform.Manager.Acks.WaitForAsync(version => version == 3);
        using var missing = await platform.GetAsync("/default/dropped/");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);

        // What was on its way goes on, and what comes counts on top of it.
        release.SetResult();
        Assert.All(await Task.WhenAll(calls), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(2, platform.Manager.Hellos.All.Count);
        Assert.Single(platform.Manager.Hellos.All.Distinct());
        await platform.Manager.Loads.WaitForAsync(load => load.InFlight == 0 && load.Sequence > told.Sequence);
    }

    [Fact]
    public async Task A_router_that_starts_before_its_manager_holds_what_comes_until_it_knows_the_functions()
    {
        await using var platform = await Platform.StartAsync(withManager: false);
        var pod = await platform.PodAsync("one", Hello);
        platform.Manager.Route(new()
        {
            Function = new() { Namespace = "default", Name = "hello" }, Concurrency = 1, Instances = { pod.Wire },
        });

        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.StartAsync();

        using var response = await call;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_manager_until_the_deadline_callers_are_told_so()
    {
        var time = new FakeTimeProvider();
        await using var platform = await Platform.StartAsync(time: time, withManager: false);

        var call = platform.GetAsync("/default/hello/");
        await time.AdvanceUntilAsync(call, TimeSpan.FromSeconds(5));

        using var response = await call;
        await RefusalTests.IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "MANAGER_UNAVAILABLE", "30 s");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_manager_lost_until_the_deadline_is_told_to_who_was_held()
    {
        var time = new FakeTimeProvider();
        await using var platform = await Platform.StartAsync(time: time);
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };
        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);
        await platform.Manager.KillAsync();

        await time.AdvanceUntilAsync(call, TimeSpan.FromSeconds(1));

        using var response = await call;
        await RefusalTests.IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "MANAGER_UNAVAILABLE", "30 s");
    }
}
