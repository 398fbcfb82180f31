using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PodPool.Core;
using PodPool.Manager.Pools;
using PodPool.Manager.Tests.Peers;
using PodPool.Manager.WebConsole.Advice;
using PodPool.Simulation;
using PodPool.WebConsole.Simulating;

namespace PodPool.Manager.Tests.WebConsole.Advice;

/// <summary>What the console's address says of a pool's size: a whole manager with simulated pods, on the test's clock.</summary>
public sealed class ConsoleAdviceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly HttpClient _client = ConsoleStream.NewClient();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_is_what_the_tuner_says_of_the_claims_that_came()
    {
        await using var manager = await StartAsync(warm: 9);
        manager.Pool.Trace!.Remember(_time);
        var told = await AskAsync(manager);

        var asked = AdviceCase.Of(manager.Pool, manager.Pool.Trace!, isObject: false);
        Assert.Equal((2000, 6000), ((double)told["refillP50"]!, (double)told["refillP99"]!));
        Assert.Equal(asked.Claims.Ticks.Count, (int)told["claims"]!);
        var rows = told["candidates"]!.AsArray();
        var candidates = rows.Select(row => CandidateOf((string)row!["name"]!, asked.Settings)).ToList();
        var direct = Tuner.Run(asked.Load, candidates, new(1, 1), 1, null, Test).Outcomes;
        Assert.Equal(
            direct.Select(outcome => (outcome.Result.MissRate, outcome.Result.StartP50.TotalMilliseconds, outcome.Result.StartP99.TotalMilliseconds, outcome.OnFront)),
            rows.Select(row => ((double)row!["missRate"]!, (double)row["startP50"]!, (double)row["startP99"]!, (bool)row["front"]!)));

        // What it has is among what was tried, and what is recommended is what the tuner recommends.
        Assert.Contains(rows, row => (string?)row!["name"] == "fixed 9");
        Assert.Contains(rows, row => (string?)row!["name"] == "auto 0.01");
        var best = Outcome.Recommend(direct, 0.01)!;
        Assert.Equal(best.Candidate.Name, (string?)told["recommended"]);
        Assert.Contains($"Recommended is {best.Candidate.Name}", (string?)told["why"], StringComparison.Ordinal);
        Assert.Contains("2.0 s at the median and 6.0 s at p99 (measured), and starts that take 15 ms and 90 ms (measured)", (string?)told["why"], StringComparison.Ordinal);
        Assert.Equal(
            best.Candidate.Policy == SizePolicy.Auto ? "podpool local --miss-probability 0.01\n" : $"podpool pool resize default --warm {best.Candidate.Warm}\n", (string?)told["change"]);
    }

    [Fact]
    public async Task A_pool_that_sizes_itself_is_advised_by_its_own_miss_probability()
    {
        await using var manager = await StartAsync(warm: 1, options => options with { Pools = [options.Pools[0] with { Size = new() { Auto = new(0.2) { Max = 6 } } }] });
        manager.Pool.Trace!.Remember(_time);
        var told = await AskAsync(manager);

        Assert.Equal(0.2, (double)told["missProbability"]!);
        var names = told["candidates"]!.AsArray().Select(row => (string)row!["name"]!).ToList();
        Assert.Contains("auto 0.2", names);
        Assert.DoesNotContain("fixed 8", names);
        Assert.StartsWith("podpool local --", (string?)told["change"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 60, "nobody has wanted a pod")]
    [InlineData(29, 60, "29 claims of the last")]
    [InlineData(200, 2, "200 claims of the last")]
    public async Task Of_too_little_it_says_so_and_guesses_nothing(int claims, double everySeconds, string reason)
    {
        await using var manager = await StartAsync(warm: 2);
        for (var i = 0; i < claims; i++)
        {
            manager.Pool.Trace!.Claims.Add(1);
            _time.Advance(TimeSpan.FromSeconds(everySeconds));
        }

        var told = await AskAsync(manager);
        Assert.Contains("Nothing can be said yet", (string?)told["why"], StringComparison.Ordinal);
        Assert.Contains(reason, (string?)told["why"], StringComparison.Ordinal);
        Assert.Empty(told["candidates"]!.AsArray());
        Assert.All((string[])["recommended", "change", "how"], part => Assert.Null(told[part]));
    }

    [Fact]
    public async Task There_is_none_of_a_pool_that_there_is_not()
    {
        await using var manager = await StartAsync(warm: 0);
        foreach (var path in (string[])["/console/pools/other/advice", "/console/pools/other/default/advice"])
        {
            using var answer = await _client.GetAsync(new Uri(manager.Page, path), Test);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task It_is_kept_for_five_minutes_or_until_the_pool_is_kept_otherwise()
    {
        var reckoned = 0;
        await using var manager = await StartAsync(warm: 3, advise: (asked, token) =>
        {
            reckoned++;
            return Advisor.Advise(asked, token);
        });
        manager.Pool.Trace!.Remember(_time);
        var first = await AskAsync(manager);
        manager.Pool.Trace!.Claims.Add(1);
        Assert.Equal(first.ToJsonString(), (await AskAsync(manager)).ToJsonString());
        Assert.Equal(1, reckoned);

        _time.Advance(AdviceDesk.Keeps);
        Assert.Equal((int)first["claims"]! + 1, (int)(await AskAsync(manager))["claims"]!);
        Assert.Equal(2, reckoned);

        manager.Pool.Resize(4);
        await AskAsync(manager);
        Assert.Equal(3, reckoned);
    }

    [Fact]
    public async Task One_is_reckoned_at_a_time_and_it_ends_when_who_asked_leaves()
    {
        var begun = Channel.CreateUnbounded<CancellationToken>();
        await using var manager = await StartAsync(warm: 3, advise: Block(begun.Writer));
        manager.Pool.Trace!.Remember(_time);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var first = _client.GetAsync(AdviceOf(manager), leaving.Token);
        var running = await begun.Reader.ReadAsync(Test);
        using var also = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var second = _client.GetAsync(AdviceOf(manager), also.Token);
        Assert.False(running.IsCancellationRequested);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var next = await begun.Reader.ReadAsync(Test);
        Assert.True(running.IsCancellationRequested);
        Assert.False(next.IsCancellationRequested);
        await also.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Eventually.IsSoAsync(() => next.IsCancellationRequested);
    }

    [Fact]
    public async Task It_ends_when_the_manager_stops()
    {
        var begun = Channel.CreateUnbounded<CancellationToken>();
        var manager = await StartAsync(warm: 3, advise: Block(begun.Writer));
        manager.Pool.Trace!.Remember(_time);
        var asking = _client.GetAsync(AdviceOf(manager), Test);
        var running = await begun.Reader.ReadAsync(Test);
        await manager.DisposeAsync();
        Assert.True(running.IsCancellationRequested);
        using var answer = await asking;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task A_run_that_nobody_waits_for_ends_itself()
    {
        await using var manager = await StartAsync(warm: 3);
        manager.Pool.Trace!.Remember(_time);
        var asked = AdviceCase.Of(manager.Pool, manager.Pool.Trace!, isObject: false);
        Assert.Throws<OperationCanceledException>(() => Advisor.Advise(asked, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Of_a_pool_of_a_cluster_it_is_YAML_that_takes_away_what_the_size_had_besides()
    {
        await using var manager = await StartAsync(warm: 3);
        manager.Pool.Trace!.Remember(_time);
        var asked = AdviceCase.Of(manager.Pool, manager.Pool.Trace!, isObject: false) with { Object = new("shop", "fast") };
        var fixedSize = Candidate.OfSize(asked.Settings, 5);

        const string Head = "apiVersion: podpool.dev/v1alpha1\nkind: RuntimePool\nmetadata:\n  name: fast\n  namespace: shop\nspec:\n  size:\n";
        Assert.Equal(Head + "    warm: 5\n", AdviceText.Change(asked, fixedSize));
        Assert.Equal(
            Head + "    warm: 5\n    auto: null\n    schedules: []\n",
            AdviceText.Change(asked with { Spec = asked.Spec with { Auto = new(0.01), Schedules = [new("0 8 * * *", TimeSpan.FromHours(8), 9)] } }, fixedSize));
        Assert.Equal(Head + "    warm: 1\n    auto: {missProbability: 0.05, min: 1, max: 7}\n", AdviceText.Change(asked, Candidate.OfAuto(asked.Settings, new(0.05) { Max = 7 })));
        Assert.Contains("kubectl patch runtimepool fast -n shop", AdviceText.How(asked), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_had_is_said_with_how_fast_refills_are()
    {
        await using var manager = await StartAsync(warm: 3);
        manager.Pool.Trace!.Remember(_time);
        var asked = AdviceCase.Of(manager.Pool, manager.Pool.Trace!, isObject: false);
        var told = Advisor.Advise(asked with { Spec = asked.Spec with { RefillPerSecond = 0.02, RefillBurst = 1 } }, Test);

        Assert.Null(told.Recommended);
        Assert.Null(told.Change);
        Assert.Contains("no more than 0.02 refills a second may begin", told.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refills_that_nobody_saw_are_assumed_and_it_says_so()
    {
        await using var manager = await StartAsync(warm: 0);
        Assert.Equal(new SeenTimes(SimulationSettings.AssumedRefill, AreMeasured: false), SeenTimes.OfRefills(manager.Pool.Status, manager.Pool.Trace!));
        Assert.Equal(new SeenTimes(SimulationSettings.AssumedStart, AreMeasured: false), SeenTimes.OfStarts(manager.Pool.Trace!));
        manager.Pool.Trace!.Remember(_time);
        var asked = AdviceCase.Of(manager.Pool, manager.Pool.Trace!, isObject: false) with { Refills = new(SimulationSettings.AssumedRefill, AreMeasured: false) };
        Assert.Contains("refills that take 2.0 s at the median and 8.0 s at p99 (assumed: none was seen)", Advisor.Advise(asked, Test).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refills_are_those_that_the_pool_reckons_its_own_size_with()
    {
        await using var manager = await StartAsync(warm: 0);
        manager.Pool.Trace!.Remember(_time);
        var forecast = new SizeForecast
        {
            Asked = 0.01, Max = 9, Needed = 3, Demand = 1, Expected = 1, Burstiness = 1, RefillMean = TimeSpan.FromSeconds(4), RefillP50 = TimeSpan.FromSeconds(3),
            RefillP99 = TimeSpan.FromSeconds(11), RefillsMeasured = 40, RefillLoad = 0.1, PredictedMissProbability = 0.01,
        };
        var status = manager.Pool.Status;
        SeenTimes Of(SizeForecast told) => SeenTimes.OfRefills(status with { Size = new(3) { Forecast = told } }, manager.Pool.Trace!);
        Assert.Equal(new SeenTimes(new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(11)), AreMeasured: true), Of(forecast));

        // Until it has measured some, they are assumed, and those that were seen are better.
        Assert.Equal(TimeSpan.FromSeconds(2), Of(forecast with { RefillsMeasured = 0 }).Times.Median);
    }

    private static Func<AdviceCase, CancellationToken, PoolAdvice> Block(ChannelWriter<CancellationToken> begun) => (_, token) =>
    {
        begun.TryWrite(token);
        token.WaitHandle.WaitOne();
        throw new OperationCanceledException(token);
    };

    private static Candidate CandidateOf(string name, SimulationSettings settings) => name.Split(' ') switch
    {
        ["fixed", var warm] => Candidate.OfSize(settings, int.Parse(warm, System.Globalization.CultureInfo.InvariantCulture)),
        _ => Candidate.OfAuto(settings, new(0.01)),
    };

    private static Uri AdviceOf(SimulatedManager manager) => new(manager.Page, "/console/pools/default/advice");

    private async Task<JsonNode> AskAsync(SimulatedManager manager) => JsonNode.Parse(await _client.GetStringAsync(AdviceOf(manager), Test))!;

    private Task<SimulatedManager> StartAsync(
        int warm, Func<ManagerOptions, ManagerOptions>? change = null, Func<AdviceCase, CancellationToken, PoolAdvice>? advise = null) => SimulatedManager.StartAsync(
        _folder.Path,
        warm,
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            if (advise is not null)
            {
                builder.Services.AddSingleton(provider => new AdviceDesk(provider.GetRequiredService<PoolSet>(), provider.GetRequiredService<ManagerOptions>(), _time, advise));
            }
        },
        change);
}
