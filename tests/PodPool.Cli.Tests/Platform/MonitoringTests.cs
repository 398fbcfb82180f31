using System.Net;
using PodPool.Monitoring.Starting;
using PodPool.Ports;

namespace PodPool.Cli.Tests.Platform;

/// <summary>What operators look at is true of what the processes tell: by a real Prometheus that scrapes a real manager and router.</summary>
public sealed class MonitoringTests
{
    /// <summary>What the figures of doors to Dapr begin with; their own tests look at them.</summary>
    private const string OfDoors = "podpool_dapr_";

    /// <summary>Figures that only a manager on a cluster has.</summary>
    private static readonly string[] OfClusters = ["podpool_kubernetes_request_duration_seconds_count", "podpool_kubernetes_request_duration_seconds_bucket"];

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Alert_rules_say_what_they_promise_of_made_up_figures()
    {
        Prometheus.Require();
        var (isGood, said) = await Prometheus.CheckAsync("check", "rules", Dashboards.Rules);
        Assert.True(isGood, said);
        (isGood, said) = await Prometheus.CheckAsync("test", "rules", Path.Combine(Dashboards.Folder, "alerts.test.yaml"));
        Assert.True(isGood, said);
    }

    [Fact]
    public async Task Every_expression_of_the_rules_and_the_dashboard_finds_its_figures()
    {
        Prometheus.Require();
        await using var servers = await ServersApart.StartAsync(warm: 1, monitored: true);
        foreach (var (sample, name) in new[] { ("Hello", "hello"), ("Hello", "second"), ("Hello", "third"), ("BrokenStartup", "broken") })
        {
            await servers.DeploySampleAsync(sample, name);
        }

        // With nobody there to say that the instance is gone, the router finds out, and tries again.
        using var client = servers.Client(HttpVersion.Version11);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(client, "hello"));
        await servers.Manager.KillAsync();
        PodProcesses.KillIn(servers.Folder);
        var again = PastTheGoneAsync(client, "hello");
        await servers.StartNextManagerAsync();
        Assert.Equal(HttpStatusCode.OK, await again);

        // From the pool, past an empty pool, and with a function that cannot start.
        await servers.UntilWarmAsync(1);
        Assert.All(await Task.WhenAll(GetAsync(client, "second"), GetAsync(client, "third")), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.InRange((int)await GetAsync(client, "broken"), 500, 599);
        await servers.UntilWarmAsync(1);

        await using var prometheus = await Prometheus.StartAsync(servers.Folder, FreePorts.Next(), ("podpool-manager", servers.ManagerHealth), ("podpool-router", servers.RouterHealth));
        await Prometheus.UntilAsync(async () => await prometheus.QueryAsync("up == 1") == 2 && await prometheus.QueryAsync("podpool_manager_leading == 1") == 1);

        // A rate wants two scrapes.
        await Prometheus.UntilAsync(async () => await prometheus.QueryAsync("count_over_time(podpool_functions[5m]) > 2") > 0);
        foreach (var expression in Dashboards.Expressions())
        {
            await prometheus.QueryAsync(expression);
            foreach (var figure in Dashboards.FiguresIn(expression).Where(figure => !OfClusters.Contains(figure) && !figure.StartsWith(OfDoors, StringComparison.Ordinal)))
            {
                Assert.True(await prometheus.QueryAsync(figure) > 0, $"nothing is called {figure}, which '{expression}' asks for");
            }
        }

        await Prometheus.UntilAsync(async () => (await prometheus.RulesAsync()).Values.All(health => health == "ok"));
    }

    [Fact]
    public async Task Health_and_readiness_are_what_they_say()
    {
        await using var servers = await ServersApart.StartAsync(warm: 1, monitored: true);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        foreach (var address in new[] { servers.ManagerHealth, servers.RouterHealth })
        {
            Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://{address}/healthz"), Test));

            // A router that has just started has not heard from its manager yet, and says so.
            await Prometheus.UntilAsync(async () =>
            {
                using var ready = await client.GetAsync(new Uri($"http://{address}/readyz"), Test);
                var said = await ready.Content.ReadAsStringAsync(Test);
                Assert.Equal(ready.IsSuccessStatusCode, said == "ok\n");
                return ready.IsSuccessStatusCode;
            });
        }
    }

    private static async Task<HttpStatusCode> GetAsync(HttpClient client, string function)
    {
        using var answer = await client.GetAsync(new Uri($"/default/{function}", UriKind.Relative), Test);
        return answer.StatusCode;
    }

    /// <summary>A request that was on its way to the instance as it ended is told so; the next one finds nobody there.</summary>
    private static async Task<HttpStatusCode> PastTheGoneAsync(HttpClient client, string function)
    {
        while (true)
        {
            if (await GetAsync(client, function) is not HttpStatusCode.BadGateway and var status)
            {
                return status;
            }
        }
    }
}
