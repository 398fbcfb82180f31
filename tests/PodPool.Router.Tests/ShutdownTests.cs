using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class ShutdownTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task What_runs_ends_and_what_is_held_is_refused_in_time(string version)
    {
        await using var platform = await Platform.StartAsync(options => options.ShutdownTime = TimeSpan.FromSeconds(3));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("one", async context =>
        {
            begun.SetResult();
            await release.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("ended");
        });
        await platform.DeployAsync("runs", 1, pod);
        await platform.DeployAsync("held");
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };
        var client = version == "1.1" ? platform.Http : platform.Http2;
        var running = client.GetAsync("/default/runs/", Platform.Cancelled);
        await begun.Task.WaitAsync(Platform.Cancelled);
        var held = client.GetAsync("/default/held/", Platform.Cancelled);
        await platform.Manager.Acquires.WaitForAsync(_ => true);

        var stopping = platform.StopRouterAsync();

        await RefusalTests.IsProblemAsync(await held, HttpStatusCode.ServiceUnavailable, "SHUTTING_DOWN", "shutting down");
        release.SetResult();
        using var response = await running;
        Assert.Equal("ended", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        await stopping;
    }

    [Fact]
    public async Task New_requests_are_taken_until_everybody_has_learnt_that_the_router_stops()
    {
        var time = new FakeTimeProvider();
        await using var platform = await Platform.StartAsync(options => options.ShutdownDelay = TimeSpan.FromSeconds(5), time);
        var pod = await platform.PodAsync("one", context => context.Response.WriteAsync("hello"));
        await platform.DeployAsync("called", 100, pod);
        using (var before = await platform.GetAsync("/default/called/"))
        {
            Assert.NotEqual(true, before.Headers.ConnectionClose);
        }

        var stopping = platform.StopRouterAsync();
        var isStopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        platform.App.Lifetime.ApplicationStopping.Register(isStopping.SetResult);
        await isStopping.Task.WaitAsync(Platform.Cancelled);

        // Two: the first one's connection is not used again.
        for (var call = 0; call < 2; call++)
        {
            using var response = await platform.GetAsync("/default/called/");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True(response.Headers.ConnectionClose);
        }

        await time.AdvanceUntilAsync(stopping, TimeSpan.FromSeconds(1));
        await stopping;
        Assert.Equal(3, pod.Served);
    }

    [Fact]
    public async Task A_held_request_may_still_find_its_instance_while_the_router_stops()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("held");
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("one", context => context.Response.WriteAsync("hello"));
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await go.Task.WaitAsync(cancellationToken);
            return new() { Instance = pod.Wire };
        };
        var held = platform.GetAsync("/default/held/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);

        var stopping = platform.StopRouterAsync();
        go.SetResult();

        using var response = await held;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await stopping;
        Assert.Equal(1, pod.Served);
    }
}
