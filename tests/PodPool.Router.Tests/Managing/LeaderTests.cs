using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Following;
using PodPool.Router.Managing;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Managing;

/// <summary>Several managers, of which one leads.</summary>
public sealed class LeaderTests
{
    private static readonly RequestDelegate Hello = context => context.Response.WriteAsync("hello");

    [Fact]
    public async Task A_request_that_the_killed_leader_was_asked_for_is_answered_by_the_next()
    {
        await using var platform = await StartAsync();
        await using var standby = await StandbyAsync(platform);
        var route = await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = NeverAsync;
        var call = platform.GetAsync("/default/hello/");
        var asked = await platform.Manager.Acquires.WaitForAsync(_ => true);

        await platform.Manager.KillAsync();
        standby.Route(route);
        platform.StartOnAcquire(route, Hello, manager: standby);
        standby.Lead(2);

        using var response = await call;
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Equal("pooled", response.Headers.GetValues(WireHeaders.Start).Single());
        Assert.Equal(asked.RouterId, Assert.Single(standby.Acquires.All).RouterId);
    }

    [Fact]
    public async Task A_leader_that_is_deposed_is_asked_no_more_and_waited_for_as_a_standby()
    {
        await using var platform = await StartAsync();
        await using var standby = await StandbyAsync(platform);
        var route = await platform.DeployAsync("hello");
        platform.Manager.Depose();
        await platform.Manager.Hellos.WaitForAsync(_ => platform.Manager.Hellos.All.Count == 2);
        var call = platform.GetAsync("/default/hello/");

        standby.Route(route);
        platform.StartOnAcquire(route, Hello, manager: standby);
        standby.Lead(2);
        using (var response = await call)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // And back.
        Assert.Empty(platform.Manager.Acquires.All);
        var other = Routed("other");
        platform.Manager.Route(other);
        platform.StartOnAcquire(other, Hello);
        standby.Depose();
        platform.Manager.Lead(3);
        await platform.Manager.Acks.WaitForAsync(version => version == 4);
        using var back = await platform.GetAsync("/default/other/");
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task Of_two_that_say_they_lead_the_newer_is_followed_and_asked_again_what_the_older_has_not_answered()
    {
        await using var platform = await StartAsync();
        await using var newer = await StandbyAsync(platform);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("one", context => release.Task.WaitAsync(context.RequestAborted));
        var warm = await platform.DeployAsync("warm", 10, pod);
        var route = await platform.DeployAsync("hello");
        var running = platform.GetAsync("/default/warm/");
        await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 1, Function.Name: "warm" });
        platform.Manager.OnAcquire = NeverAsync;
        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);

        newer.Route(warm);
        newer.Route(route);
        platform.StartOnAcquire(route, Hello, manager: newer);
        newer.Lead(2);

        using var response = await call;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await platform.Manager.AcquiresCancelled.WaitForAsync(_ => true);
        await newer.Loads.WaitForAsync(load => load is { InFlight: 1, Function.Name: "warm" });

        // The old one still says things; nobody hears.
        platform.Manager.Remove(warm);
        platform.Manager.Remove(route);
        var version = newer.Route(Routed("other"));
        await newer.Acks.WaitForAsync(acknowledged => acknowledged >= version);
        using (var again = await platform.GetAsync("/default/hello/"))
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        var told = platform.Manager.Loads.All.Count;
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        await newer.Loads.WaitForAsync(load => load is { InFlight: 0, Function.Name: "warm" });
        Assert.Equal(told, platform.Manager.Loads.All.Count);
    }

    [Fact]
    public async Task What_a_takeover_names_again_keeps_its_connections_and_its_count()
    {
        await using var platform = await StartAsync();
        await using var standby = await StandbyAsync(platform);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("one", async context =>
        {
            if (context.Request.Path.Value!.EndsWith("wait", StringComparison.Ordinal))
            {
                await release.Task.WaitAsync(context.RequestAborted);
            }

            await context.Response.WriteAsync(context.Connection.Id);
        });
        var route = await platform.DeployAsync("hello", concurrency: 1, pod);
        var first = platform.Http.GetStringAsync("/default/hello/wait", Platform.Cancelled);
        await Holding.World.UntilAsync(() => pod.Served == 1, "the request reached the pod");

        standby.Route(route);
        standby.OnAcquire = NeverAsync;
        standby.Lead(2);
        await standby.Loads.WaitForAsync(load => load is { InFlight: 1, Waiting: 0 });
        var second = platform.Http.GetStringAsync("/default/hello/", Platform.Cancelled);
        var load = (await standby.Acquires.WaitForAsync(_ => true)).Load;

        Assert.Equal((1, 1), (load.InFlight, load.Waiting));
        release.SetResult();
        await Task.WhenAll(first, second);
        Assert.Equal(1, pod.Most);

        var connection = await platform.Http.GetStringAsync("/default/hello/", Platform.Cancelled);
        platform.Manager.Lead(3);
        await platform.Manager.Acks.WaitForAsync(version => version == 3);
        Assert.Equal(connection, await platform.Http.GetStringAsync("/default/hello/", Platform.Cancelled));
    }

    [Fact]
    public async Task With_all_managers_gone_warm_traffic_goes_on_and_first_requests_are_held_until_one_is_back()
    {
        await using var platform = await StartAsync();
        await using var standby = await StandbyAsync(platform);
        await platform.DeployAsync("warm", 10, await platform.PodAsync("one", Hello));
        var route = await platform.DeployAsync("hello");
        await platform.Manager.KillAsync();
        await standby.KillAsync();

        var call = platform.GetAsync("/default/hello/");
        for (var i = 0; i < 10; i++)
        {
            using var warm = await platform.GetAsync("/default/warm/");
            Assert.Equal(HttpStatusCode.OK, warm.StatusCode);
        }

        standby.Route(route);
        platform.StartOnAcquire(route, Hello, manager: standby);
        await standby.StartAsync();
        standby.Lead(2);
        using var response = await call;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task With_all_managers_gone_until_the_deadline_who_is_held_is_told_so()
    {
        var time = new FakeTimeProvider();
        await using var platform = await StartAsync(time);
        await using var standby = await StandbyAsync(platform);
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = NeverAsync;
        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);
        await platform.Manager.KillAsync();
        await standby.KillAsync();

        await time.AdvanceUntilAsync(call, TimeSpan.FromSeconds(1));

        using var response = await call;
        await RefusalTests.IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "MANAGER_UNAVAILABLE", "30 s");
    }

    [Fact]
    public async Task Who_pauses_after_a_refusal_asks_the_next_leader_at_once()
    {
        // The clock stands still, so no pause ever ends by itself.
        await using var platform = await StartAsync(new FakeTimeProvider());
        await using var standby = await StandbyAsync(platform);
        var route = await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = (_, _) => throw Reason.NotLeader.ToException("another leads");
        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);

        standby.Route(route);
        platform.StartOnAcquire(route, Hello, manager: standby);
        standby.Lead(2);

        using var response = await call;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(platform.Manager.Acquires.All);
    }

    [Fact]
    public async Task A_manager_that_accepts_and_says_nothing_is_no_leader_and_makes_nobody_ready()
    {
        var time = new FakeTimeProvider();
        await using var platform = await Platform.StartAsync(time: time, withManager: false);
        await using var silent = new TestManager(platform.Manager.Address, leads: false);
        await silent.StartAsync();
        var manager = platform.App.Services.GetRequiredService<IManager>();
        var call = platform.GetAsync("/default/hello/");
        var greeted = silent.Hellos.WaitForAsync(_ => true);
        await time.AdvanceUntilAsync(greeted, TimeSpan.FromMilliseconds(100));

        Assert.False(manager.HasTable);
        Assert.False(manager.IsConnected);
        await time.AdvanceUntilAsync(call, TimeSpan.FromSeconds(5));
        using (var response = await call)
        {
            await RefusalTests.IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "MANAGER_UNAVAILABLE", "30 s");
        }

        Assert.Single(silent.Hellos.All);
        silent.Lead(1);
        await silent.Acks.WaitForAsync(_ => true);
        Assert.True(manager.HasTable);
        Assert.True(manager.IsConnected);
        await silent.KillAsync();
        await Holding.World.UntilAsync(() => !manager.IsConnected, "the leader is lost");
        Assert.True(manager.HasTable);
    }

    [Fact]
    public async Task An_old_leader_is_believed_only_when_no_other_has_led_for_long()
    {
        var time = new FakeTimeProvider();
        await using var platform = await StartAsync(time);
        await using var other = await StandbyAsync(platform);
        await platform.DeployAsync("hello", 10, await platform.PodAsync("one", Hello));
        platform.Manager.Lead(5);
        await platform.Manager.Acks.WaitForAsync(version => version == 3);
        other.Lead(1);
        await platform.Manager.KillAsync();
        var manager = platform.App.Services.GetRequiredService<IManager>();
        await Holding.World.UntilAsync(() => !manager.IsConnected, "the leader is lost");

        time.Advance(Succession.Doubt - TimeSpan.FromSeconds(1));
        using (var response = await platform.GetAsync("/default/hello/"))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Empty(other.Acks.All);
        time.Advance(TimeSpan.FromSeconds(1));
        await other.Acks.WaitForAsync(_ => true);
        using var missing = await platform.GetAsync("/default/hello/");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task A_leader_with_two_addresses_is_talked_with_by_one_and_by_both_again_when_it_leads_no_more()
    {
        await using var platform = await Platform.StartAsync(options => options.Manager += $",{options.Manager}.2", withManager: false);
        await using var both = new TestManager($"{platform.Manager.Address},{platform.Manager.Address}.2", leads: false);
        await both.StartAsync();
        await both.Hellos.WaitForAsync(_ => both.Hellos.All.Count == 2);

        both.Lead(1);
        Assert.Equal(1, await both.Leaves.WaitForAsync(_ => true));
        var version = both.Route(Routed("hello"));
        await both.Acks.WaitForAsync(acknowledged => acknowledged == version);
        Assert.Equal(2, both.Hellos.All.Count);

        both.Depose();
        await both.Hellos.WaitForAsync(_ => both.Hellos.All.Count == 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_leaders_follow_one_another_every_first_request_is_answered(int seed)
    {
        var random = new Random(seed);
        await using var platform = await StartAsync();
        await using var second = await StandbyAsync(platform);
        var (leader, other, epoch) = (platform.Manager, second, 1UL);
        leader.Lead(epoch);
        for (var round = 0; round < 8; round++)
        {
            var routes = Enumerable.Range(0, 3).Select(number => Routed($"f{round}-{number}")).ToList();
            leader.OnAcquire = NeverAsync;
            var version = routes.Select(leader.Route).Max();
            await leader.Acks.WaitForAsync(acknowledged => acknowledged >= version);
            var calls = routes.Select(route => platform.GetAsync($"/{route.Function.Namespace}/{route.Function.Name}/")).ToList();
            foreach (var route in routes)
            {
                await leader.Acquires.WaitForAsync(acquire => acquire.Load.Function.Equals(route.Function));
                other.Route(route);
            }

            var pods = epoch;
            other.OnAcquire = async (request, _) =>
            {
                var pod = await platform.PodAsync($"{request.Load.Function.Name}-{pods}", Hello);
                return new() { Instance = pod.Wire };
            };
            var how = random.Next(3);
            if (how == 0)
            {
                await leader.KillAsync();
            }
            else if (how == 1)
            {
                leader.Depose();
            }

            other.Lead(++epoch);
            Assert.All(await Task.WhenAll(calls), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
            if (how == 0)
            {
                leader.Depose();
                await leader.StartAsync();
            }
            else if (how == 2)
            {
                leader.Depose();
            }

            (leader, other) = (other, leader);
        }
    }

    private static async Task<Platform> StartAsync(TimeProvider? time = null)
    {
        var platform = await Platform.StartAsync(options => options.Manager += $",{options.Manager}.2", time);
        platform.Manager.Lead(1);
        await platform.Manager.Acks.WaitForAsync(version => version == 1);
        return platform;
    }

    /// <summary>The second manager; the router has greeted it.</summary>
    private static async Task<TestManager> StandbyAsync(Platform platform)
    {
        var standby = new TestManager($"{platform.Manager.Address}.2", leads: false);
        await standby.StartAsync();
        var greeted = standby.Hellos.WaitForAsync(_ => true);
        if (platform.App.Services.GetRequiredService<TimeProvider>() is FakeTimeProvider time)
        {
            await time.AdvanceUntilAsync(greeted, TimeSpan.FromMilliseconds(100));
        }

        await greeted;
        return standby;
    }

    private static FunctionRoute Routed(string name)
        => new() { Function = new() { Namespace = "default", Name = name }, Revision = "r1", Concurrency = 100, Pool = "default" };

    private static async Task<AcquireResponse> NeverAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        throw new InvalidOperationException("never");
    }
}
