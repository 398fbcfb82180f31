using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Plans;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.Bench.Plans;

public sealed class PlanFileTests
{
    private const string Whole = """
        name: friday
        rounds: 2
        pool: {atLeast: 3, atMost: 20}
        functions:
          shop: {sample: hello, path: "?name=Bob", copies: 4, concurrency: 7}
          stock: {url: [http://one.example/a, http://two.example/b], forceCold: stop it, body: '{"a":1}'}
        stages:
          - name: calm
            duration: 1.5m
            loads:
              first: {arrivals: poisson, rate: 2.5, calls: shop, cold: true, warmup: 3}
          - name: storm
            duration: 10s
            fresh: false
            updates: {shop: 5s}
            loads:
              first: {arrivals: constant, rate: 4, calls: {shop: 3, stock: 1}, begin: 500ms}
              crowd: {arrivals: burst, size: 9, every: 2s, calls: stock}
        assertions:
          - storm.first.p95 / calm.first.p95 <= 1.5
          - crowd.errors <= 0
        """;

    [Fact]
    public void A_file_has_functions_arrivals_mix_duration_and_assertions()
    {
        var plan = PlanFile.Parse(Whole, "x.yaml", "/");

        Assert.Equal(("friday", 2, new PoolBounds(3, 20)), (plan.Name, plan.Rounds, plan.Pool));
        Assert.Equal(["shop", "stock"], plan.Functions.Select(function => function.Name));
        Assert.Equal((4, 7, "?name=Bob"), (plan.Functions[0].Copies, plan.Functions[0].Request.Concurrency, plan.Functions[0].Request.Path));
        Assert.Equal(("stop it", """{"a":1}""", 2), (plan.Functions[1].ForceCold, plan.Functions[1].Request.Body, plan.Functions[1].Urls.Count));
        Assert.Equal([TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(10)], plan.Stages.Select(stage => stage.Duration));
        Assert.Equal([true, false], plan.Stages.Select(stage => stage.Fresh));
        Assert.Equal(["calm.first", "storm.first", "crowd"], plan.Loads.Select(one => plan.ModeOf(one.Stage, one.Load)));
        var first = plan.Stages[0].Loads[0];
        Assert.Equal((new PlanArrivals(PlanArrivalKind.Poisson, 2.5, Size: 1, Count: 1), true, 3), (first.Arrivals, first.Cold, first.Warmup));
        Assert.Equal(3, plan.Stages[1].Loads[0].Mix["shop"]);
        Assert.Equal(TimeSpan.FromSeconds(5), plan.Stages[1].Updates["shop"]);
        Assert.Equal("storm.first.p95 / calm.first.p95 <= 1.5", plan.Assertions[0].Text);
    }

    [Theory]
    [InlineData("rounds: 2", "rounds: many", "x.yaml:2: rounds: it is 'many'; it must be a whole number from 1 to 100000")]
    [InlineData("rounds: 2", "runds: 2", "x.yaml:2: runds: there is no such field; it may have ")]
    [InlineData("atMost: 20", "atMost: 2", "x.yaml:3: pool.atMost: it is less than atLeast")]
    [InlineData("sample: hello", "sample: hullo", "x.yaml:5: functions.shop.sample: there is no sample 'hullo'; there are hello, ")]
    [InlineData("sample: hello", "source: no/such/folder", "x.yaml:5: functions.shop.source: there is no '/no/such/folder'")]
    [InlineData("sample: hello", "sample: hello, source: here", "x.yaml:5: functions.shop.sample: one of sample, source and url says what is called")]
    [InlineData("http://one.example/a", "ftp://one.example/a", "x.yaml:6: functions.stock.url: it is 'ftp://one.example/a'; it must be http://… or https://…")]
    [InlineData("  shop: {", "  Shop_1: {", "x.yaml:5: functions.Shop_1: a function's name must be lower-case letters")]
    [InlineData("duration: 1.5m", "duration: forever", "x.yaml:9: stages[0].duration: it is 'forever'; it must be a duration, e.g. 250ms, 30s, 5m or 2h")]
    [InlineData("duration: 1.5m", "fresh: true", "x.yaml:11: stages[0].loads.first.arrivals: they go on for the stage's duration, and that is missing")]
    [InlineData("rate: 2.5", "rate: 0", "x.yaml:11: stages[0].loads.first.rate: it is '0'; it must be a number from 0.001 to 100000")]
    [InlineData("rate: 2.5", "size: 5", "x.yaml:11: stages[0].loads.first.size: arrivals 'poisson' have none")]
    [InlineData("rate: 2.5, ", "", "x.yaml:11: stages[0].loads.first.rate: it is missing: arrivals 'poisson' need it")]
    [InlineData("arrivals: poisson", "arrivals: sometimes", "x.yaml:11: stages[0].loads.first.arrivals: it must be one of poisson, constant, burst, one-at-a-time")]
    [InlineData("calls: shop", "calls: shep", "x.yaml:11: stages[0].loads.first.calls: there is no function 'shep'; there are shop, stock")]
    [InlineData("cold: true", "cold: very", "x.yaml:11: stages[0].loads.first.cold: it is 'very'; it must be true or false")]
    [InlineData("forceCold: stop it, ", "", "x.yaml:11: stages[0].loads.first.calls: 'stock' has a url, and no forceCold that makes it cold", "calls: shop", "calls: stock")]
    [InlineData("updates: {shop: 5s}", "updates: {stock: 5s}", "x.yaml:15: stages[1].updates.stock: what has a url is not deployed, and cannot be updated")]
    [InlineData("begin: 500ms", "begin: 10s", "x.yaml:17: stages[1].loads.first.begin: it is not before the stage's end")]
    [InlineData("arrivals: constant, rate: 4", "arrivals: one-at-a-time, count: 4", "x.yaml:16: stages[1].loads: requests one-at-a-time wait until everything is quiet")]
    [InlineData("calls: stock}", "calls: stock, cold: true}", "x.yaml:16: stages[1].loads: 'crowd' wants functions that are cold, and another load of its stage calls them too")]
    [InlineData("rate: 4", "rate: 100000", "makes 950000", null, null, false)]
    [InlineData("crowd.errors <= 0", "crowd.errors < 0", "x.yaml:21: assertions[1]: 'crowd.errors < 0' must be LOAD.FIGURE <= NUMBER")]
    [InlineData("crowd.errors <= 0", "crowds.errors <= 0", "x.yaml:21: assertions[1]: there is no load 'crowds'; there are calm.first, storm.first, crowd")]
    [InlineData("crowd.errors <= 0", "crowd.p96 <= 0", "x.yaml:21: assertions[1]: there is no figure 'p96'; there are p50, p90, p95, ")]
    [InlineData("rounds: 2", "rounds: [2", ": no YAML: ")]
    [InlineData("rounds: 2", "name: twice", "x.yaml:2: no YAML: ")]
    public void What_is_wrong_is_told_with_file_line_and_field(string right, string wrong, string told, string? alsoRight = null, string? alsoWrong = null, bool refused = true)
    {
        var text = Whole.Replace(right, wrong, StringComparison.Ordinal);
        text = alsoRight is null ? text : text.Replace(alsoRight, alsoWrong, StringComparison.Ordinal);
        if (!refused)
        {
            PlanFile.Parse(text, "x.yaml", "/");
            return;
        }

        var failure = Assert.Throws<CliException>(() => PlanFile.Parse(text, "x.yaml", "/"));

        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_in_the_order_of_lines()
    {
        var failure = Assert.Throws<CliException>(() => PlanFile.Parse(
            Whole.Replace("rounds: 2", "rounds: 0", StringComparison.Ordinal).Replace("size: 9", "size: x", StringComparison.Ordinal).Replace("copies: 4", "copies: 0", StringComparison.Ordinal),
            "x.yaml",
            "/"));

        Assert.Equal(["x.yaml:2", "x.yaml:5", "x.yaml:18"], failure.Message.Split(Environment.NewLine).Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("a")]
    [InlineData("functions: 7")]
    [InlineData("functions: {a: }\nloads: {b: }")]
    [InlineData("functions: {a: {sample: hello}}\nstages: {}")]
    [InlineData("functions: {a: {sample: [x, y]}}\nloads: [1]\nassertions: {}")]
    [InlineData("functions: {a: {url: []}}\nloads: {b: {arrivals: [], calls: [a]}}\nassertions: [[]]")]
    [InlineData("a: 1\n---\nb: 2")]
    public void What_is_no_scenario_at_all_is_refused(string text)
        => Assert.Throws<CliException>(() => PlanFile.Parse(text, "x.yaml", "/"));

    [Fact]
    public void Those_that_come_with_the_program_can_be_read_and_are_named_as_they_are_asked_for()
        => Assert.All(BuiltInPlans.Names, name => Assert.Equal(name, BuiltInPlans.Read(name).Name));

    [Fact]
    public void All_kinds_of_load_come_with_the_program()
        => Assert.Equal(["burst", "drained", "many-functions", "noisy-neighbour", "soak", "steady", "update", "warm-path"], BuiltInPlans.Names);

    [Fact]
    public void A_platform_of_its_own_has_as_many_warm_pods_as_all_scenarios_are_made_for()
    {
        var plan = PlanFile.Parse(Whole, "x.yaml", "/");

        Assert.Equal(10, PlanOptions.WarmFor([plan], 10));
        Assert.Equal(15, PlanOptions.WarmFor([plan, plan with { Pool = new(15, 20) }], 10));
        Assert.Equal(6, PlanOptions.WarmFor([plan, plan with { Pool = new(0, 6) }], 10));
        Assert.Equal(10, PlanOptions.WarmFor([], 10));
    }

    [Fact]
    public void A_scenario_can_be_aimed_at_what_is_there_already()
    {
        Uri[] targets = [new("http://a"), new("http://b"), new("http://c")];

        var plan = TargetPlans.Aim(BuiltInPlans.Read("noisy-neighbour"), targets, "true", new BenchScenario("target", ""));

        Assert.Equal([targets[0], targets[2]], plan.Functions[0].Urls);
        Assert.Equal([targets[1]], plan.Functions[1].Urls);
        Assert.Throws<CliException>(() => TargetPlans.Aim(BuiltInPlans.Read("noisy-neighbour"), targets[..1], "true", new BenchScenario("target", "")));
        Assert.Throws<CliException>(() => TargetPlans.Aim(BuiltInPlans.Read("noisy-neighbour"), targets, null, new BenchScenario("target", "")));
        Assert.Throws<CliException>(() => TargetPlans.Aim(BuiltInPlans.Read("update"), targets, "true", new BenchScenario("target", "")));
    }
}
