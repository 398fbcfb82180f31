using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Peers;
using PodPool.Manager.WebConsole;
using PodPool.WebConsole.Simulating;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>The stream over real Kestrel with a real client; only the clock is the test's, and the pods are simulated.</summary>
public sealed class ConsoleStreamTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task First_comes_all_there_is_and_then_only_what_changed()
    {
        await using var manager = await StartAsync(warm: 3);
        var (busy, idle) = (manager.AddFunction("busy"), manager.AddFunction("idle"));
        var instance = manager.Serve(busy);
        manager.CountStart(busy, instance, new(Milliseconds(1), Milliseconds(2), Milliseconds(3), Milliseconds(4)));

        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType?.MediaType);
        var (name, all) = (await stream.NextAsync())!.Value;
        Assert.Equal("snapshot", name);
        Assert.True((bool)all!["leads"]!);
        var pool = Assert.Single(all["pools"]!.AsArray());
        Assert.Equal(("default", 3, 3, 1), ((string?)pool!["name"], (int)pool["size"]!, (int)pool["warm"]!, (int)pool["serving"]!));
        Assert.Equal(["default/busy", "default/idle"], Names(all["functions"]).Order());
        var shown = all["functions"]!.AsArray().Single(row => (string?)row!["name"] == busy.ToString())!;
        Assert.Equal((1, 3d), ((int)shown["serving"]!, (double)shown["lastStart"]!["load"]!));
        Assert.Null(all["functions"]!.AsArray().Single(row => (string?)row!["name"] == idle.ToString())!["lastStart"]);
        Assert.Equal(5, all["starts"]!.AsArray().Sum(phase => phase!.AsArray().Sum(count => (int)count!)));
        Assert.Contains(all["events"]!.AsArray(), told => (string?)told!["kind"] == "PodAdopted" && (string?)told["pod"] == instance.Value);

        manager.Load(busy, inFlight: 7);
        _time.Advance(Second);
        var (changed, change) = (await stream.NextAsync())!.Value;
        Assert.Equal("change", changed);
        Assert.Equal(["default/busy"], Names(change!["functions"]));
        Assert.Equal((7, 7), ((int)change["functions"]![0]!["inFlight"]!, (int)change["pools"]![0]!["inFlight"]!));
        Assert.All((string[])["starts", "events", "misses", "history", "functionsGone"], part => Assert.Null(change[part]));
    }

    [Fact]
    public async Task However_much_happens_there_is_one_message_a_second()
    {
        await using var manager = await StartAsync(warm: 1);
        var function = manager.AddFunction("hello");
        manager.Serve(function);
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        for (var i = 1; i <= 100; i++)
        {
            manager.Load(function, inFlight: i);
            _time.Advance(Second / 100);
        }

        Assert.Equal(100, (int)(await stream.NextAsync())!.Value.Data!["functions"]![0]!["inFlight"]!);
        manager.Load(function, inFlight: 1);
        _time.Advance(Second);
        Assert.Equal(1, (int)(await stream.NextAsync())!.Value.Data!["functions"]![0]!["inFlight"]!);
    }

    [Fact]
    public async Task While_nobody_looks_nothing_is_looked_at()
    {
        await using var manager = await StartAsync(warm: 1);
        var feed = manager.Host.Services.GetRequiredService<ConsoleFeed>();
        _time.Advance(10 * Second);
        Assert.Equal(0, feed.Looks);
        var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        _time.Advance(Second);
        Assert.Equal(2, feed.Looks);
        stream.Dispose();
        await Eventually.IsSoAsync(() =>
        {
            var before = feed.Looks;
            _time.Advance(Second);
            return feed.Looks == before;
        });
    }

    [Fact]
    public async Task Who_hears_of_no_change_hears_that_the_manager_is_there()
    {
        await using var manager = await StartAsync(warm: 0);
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(Second);
        }

        Assert.Equal(("", null), await stream.NextAsync());
    }

    [Fact]
    public async Task What_is_deleted_is_told_to_be_gone()
    {
        await using var manager = await StartAsync(warm: 0);
        var function = manager.AddFunction("hello");
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        manager.Host.Services.GetRequiredService<FunctionRegistry>().Remove(function);
        _time.Advance(Second);
        Assert.Equal("default/hello", (string?)Assert.Single((await stream.NextAsync())!.Value.Data!["functionsGone"]!.AsArray()));
    }

    [Fact]
    public async Task A_miss_is_told_with_the_reason_and_what_waits_is_counted()
    {
        await using var manager = await StartAsync(warm: 0, options => options with { Pools = [options.Pools[0] with { Max = 1 }] });
        var (busy, held) = (manager.AddFunction("busy"), manager.AddFunction("held"));
        manager.Serve(busy);
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        using var leaving = new CancellationTokenSource();
        var waiting = manager.Pool.AcquireAsync(new("router", held, 100, Waiting: 3, InFlight: 0), TimeSpan.FromMinutes(1), leaving.Token);
        _time.Advance(Second);
        var change = (await stream.NextAsync())!.Value.Data!;
        var miss = Assert.Single(change["misses"]!.AsArray())!;
        Assert.Equal(("default/held", "the pool keeps no warm pods"), ((string?)miss["function"], (string?)miss["why"]));
        Assert.Equal(3, (int)change["pools"]![0]!["waiting"]!);
        await leaving.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
    }

    [Fact]
    public async Task The_levels_of_the_time_before_are_in_the_first_message()
    {
        await using var manager = await StartAsync(warm: 2);
        for (var i = 0; i < 400; i++)
        {
            _time.Advance(Second);
            if (i is 100 or 350)
            {
                manager.LoseWarm();
                manager.Serve(manager.AddFunction($"f{i}"));
            }
        }

        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        var history = Assert.Single((await stream.NextAsync())!.Value.Data!["history"]!.AsArray())!;
        Assert.Equal("default", (string?)history["pool"]);
        Assert.Equal([0, 1, 2], history["samples"]!.AsArray().Select(sample => (int)sample![4]!));
    }

    [Fact]
    public async Task As_many_look_as_may_and_a_place_that_is_left_is_free()
    {
        await using var manager = await StartAsync(warm: 0);
        var streams = new List<ConsoleStream>();
        for (var i = 0; i < ConsoleFeed.MaxViewers; i++)
        {
            streams.Add(await ConsoleStream.OpenAsync(manager.Page));
        }

        using (var more = await ConsoleStream.OpenAsync(manager.Page))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, more.Response.StatusCode);
        }

        streams[0].Dispose();
        using var client = ConsoleStream.NewClient();
        var status = HttpStatusCode.ServiceUnavailable;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (status != HttpStatusCode.OK)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            using var again = await client.GetAsync(new Uri(manager.Page, "/console/stream"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            status = again.StatusCode;
        }

        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task One_that_stands_by_says_so_and_tells_of_nothing_until_it_leads()
    {
        var leadership = new Leadership();
        await using var manager = await StartAsync(warm: 1, configure: builder =>
        {
            builder.Services.AddSingleton(leadership);
            builder.Services.AddSingleton<ILeading, StandsBy>();
        });
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        var all = (await stream.NextAsync())!.Value.Data!;
        Assert.Equal((false, "podpool-manager-1"), ((bool)all["leads"]!, (string?)all["leader"]));
        Assert.Empty(all["pools"]!.AsArray());

        leadership.Begin(1);
        _time.Advance(Second);
        var change = (await stream.NextAsync())!.Value.Data!;
        Assert.True((bool)change["leads"]!);
        Assert.Single(change["pools"]!.AsArray());
    }

    [Fact]
    public async Task The_stream_ends_when_the_manager_stops()
    {
        var manager = await StartAsync(warm: 0);
        using var stream = await ConsoleStream.OpenAsync(manager.Page);
        await stream.NextAsync();
        await manager.DisposeAsync();
        Assert.Null(await stream.NextAsync());
    }

    private static TimeSpan Milliseconds(double value) => TimeSpan.FromMilliseconds(value);

    private static IEnumerable<string?> Names(JsonNode? rows) => rows!.AsArray().Select(row => (string?)row!["name"]);

    private Task<SimulatedManager> StartAsync(
        int warm, Func<ManagerOptions, ManagerOptions>? change = null, Action<Microsoft.AspNetCore.Builder.WebApplicationBuilder>? configure = null) => SimulatedManager.StartAsync(
        _folder.Path,
        warm,
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            configure?.Invoke(builder);
        },
        change);
}
