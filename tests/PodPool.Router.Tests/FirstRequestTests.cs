using System.Net;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class FirstRequestTests
{
    private static readonly RequestDelegate Hello = context => context.Response.WriteAsync("hello");

    [Theory]
    [InlineData(false, false, "pooled")]
    [InlineData(true, false, "miss")]
    [InlineData(false, true, "pooled")]
    [InlineData(true, true, "miss")]
    public async Task A_first_request_is_held_until_an_instance_is_there_and_says_where_its_time_went(bool miss, bool streamFirst, string outcome)
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.StartOnAcquire(route, Hello, miss, streamFirst);

        using var response = await platform.GetAsync("/default/hello/x");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Equal(outcome, Assert.Single(response.Headers.GetValues(WireHeaders.Start)));
        var timing = Assert.Single(response.Headers.GetValues("Server-Timing"));
        Assert.Matches(
            @"^queue;dur=\d+\.\d{3}, claim;dur=0\.001, transfer;dur=0\.002, load;dur=0\.003, start;dur=0\.004, first_call;dur=\d+\.\d{3}$", timing);
    }

    [Fact]
    public async Task A_second_request_finds_the_instance_warm()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.StartOnAcquire(route, Hello);

        using var first = await platform.GetAsync("/default/hello/");
        using var second = await platform.GetAsync("/default/hello/");

        Assert.Equal("warm", Assert.Single(second.Headers.GetValues(WireHeaders.Start)));
        Assert.False(second.Headers.Contains("Server-Timing"));
        Assert.Single(platform.Manager.Acquires.All);
    }

    [Fact]
    public async Task A_thousand_callers_at_once_share_one_acquire_at_a_time_and_ask_for_no_more_instances_than_they_need()
    {
        const int callers = 1000;
        const int concurrency = 100;
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello", concurrency);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var here = 0;

        // Nobody is answered before everybody has come: so every place is really taken at once.
        platform.StartOnAcquire(route, async context =>
        {
            if (Interlocked.Increment(ref here) == callers)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("hello");
        });

        var responses = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => platform.GetAsync("/default/hello/")));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(1, platform.Manager.MostAcquires);
        Assert.Equal(callers / concurrency, platform.Manager.Acquires.All.Count);
        Assert.InRange(platform.Manager.Loads.All.Max(load => Math.Ceiling((load.Waiting + load.InFlight) / (double)concurrency)), 1, callers / concurrency);

        // Whoever came last may have found room at an instance that was there by then.
        var outcomes = responses.Select(response => response.Headers.GetValues(WireHeaders.Start).Single()).ToLookup(outcome => outcome);
        Assert.Equal(callers / concurrency, outcomes["pooled"].Count());
        Assert.Equal(callers - (callers / concurrency), outcomes["coalesced"].Count() + outcomes["warm"].Count());
        await platform.Manager.Loads.WaitForAsync(load => load is { Waiting: 0, InFlight: 0 });
    }

    [Fact]
    public async Task The_manager_learns_at_once_how_many_wait()
    {
        await using var platform = await Platform.StartAsync(options => options.ReportInterval = TimeSpan.FromSeconds(10));
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = (_, cancellationToken) => Never(cancellationToken);

        using var leave = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 50).Select(_ => platform.Http.GetAsync("/default/hello/", leave.Token)).ToList();

        await platform.Manager.Loads.WaitForAsync(load => load is { Waiting: 50, InFlight: 0 });
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(calls));
    }

    [Fact]
    public async Task When_all_instances_are_full_the_request_is_held_and_one_more_is_asked_for()
    {
        await using var platform = await Platform.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var busy = await platform.PodAsync("busy", async context =>
        {
            await release.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("busy");
        });
        var route = await platform.DeployAsync("hello", concurrency: 1, busy);
        platform.StartOnAcquire(route, Hello);

        var first = platform.GetAsync("/default/hello/");
        await platform.Manager.Loads.WaitForAsync(load => load.InFlight == 1);
        using var second = await platform.GetAsync("/default/hello/");

        Assert.Equal("hello", await second.Content.ReadAsStringAsync(Platform.Cancelled));
        var load = Assert.Single(platform.Manager.Acquires.All).Load;
        Assert.Equal((1, 1), (load.Waiting, load.InFlight));
        release.SetResult();
        Assert.Equal("busy", await (await first).Content.ReadAsStringAsync(Platform.Cancelled));
    }

    [Fact]
    public async Task A_request_that_finds_room_because_another_ended_waited_for_no_start()
    {
        await using var platform = await Platform.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("only", context => release.Task.WaitAsync(context.RequestAborted));
        await platform.DeployAsync("hello", concurrency: 1, pod);
        platform.Manager.OnAcquire = (_, cancellationToken) => Never(cancellationToken);

        var first = platform.GetAsync("/default/hello/");
        await platform.Manager.Loads.WaitForAsync(load => load.InFlight == 1);
        var second = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);
        release.SetResult();

        using var response = await second;
        Assert.Equal("warm", Assert.Single(response.Headers.GetValues(WireHeaders.Start)));
        Assert.Equal(1, pod.Most);
        await first;
        await platform.Manager.AcquiresCancelled.WaitForAsync(_ => true);
    }

    [Fact]
    public async Task A_caller_who_leaves_frees_its_place_and_ends_the_acquire_that_nobody_wants_any_more()
    {
        await using var platform = await Platform.StartAsync(options => options.HoldLimitPerFunction = 1);
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = (_, cancellationToken) => Never(cancellationToken);
        using var leave = new CancellationTokenSource();

        var left = platform.Http.GetAsync("/default/hello/", leave.Token);
        await platform.Manager.Acquires.WaitForAsync(_ => true);
        using var refused = await platform.GetAsync("/default/hello/");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await platform.Manager.AcquiresCancelled.WaitForAsync(_ => true);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await platform.Manager.Loads.WaitForAsync(load => load is { Waiting: 0, InFlight: 0 });
        var next = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(acquire => acquire != platform.Manager.Acquires.All[0]);
        platform.Manager.Remove(await platform.DeployAsync("hello"));
        Assert.Equal(HttpStatusCode.NotFound, (await next).StatusCode);
    }

    [Fact]
    public async Task An_instance_that_comes_by_the_stream_alone_serves_who_waits()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = (_, cancellationToken) => Never(cancellationToken);

        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);
        var pod = await platform.PodAsync("streamed", Hello);
        route.Instances.Add(pod.Wire);
        platform.Manager.Route(route);

        using var response = await call;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(false, "warm")]
    [InlineData(true, "coalesced")]
    public async Task A_start_that_nobody_here_asked_for_is_no_part_of_what_the_request_waited_for(bool known, string outcome)
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("hello");
        var pod = await platform.PodAsync("others", Hello);

        // It began long before the request came: no request is held for an hour here.
        pod.Start = known ? new() { Phases = new() { Load = (long)TimeSpan.FromHours(1).TotalMicroseconds } } : null;
        platform.Manager.OnAcquire = (_, _) => Task.FromResult(new AcquireResponse { Instance = pod.Wire });

        using var response = await platform.GetAsync("/default/hello/");

        Assert.Equal(outcome, Assert.Single(response.Headers.GetValues(WireHeaders.Start)));
        Assert.Matches(@"^queue;dur=\d+\.\d{3}, first_call;dur=\d+\.\d{3}$", Assert.Single(response.Headers.GetValues("Server-Timing")));
    }

    private static async Task<AcquireResponse> Never(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        throw new InvalidOperationException("never");
    }
}
