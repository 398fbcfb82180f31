using System.Net;
using PodPool.Contracts.V1;
using PodPool.Monitoring.Starting;
using PodPool.Observability;
using PodPool.Ports;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>What operators look at is true of what a door tells: by a real Prometheus that scrapes it.</summary>
/// <remarks>Alone, as doors have a process each: of several in one, figures of one name are told as one, and end with the first that ends.</remarks>
[CollectionDefinition(nameof(MonitoringTests), DisableParallelization = true)]
[Collection(nameof(MonitoringTests))]
public sealed class MonitoringTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private const string OfDoors = "podpool_dapr_";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_expression_about_doors_finds_its_figures()
    {
        Prometheus.Require();
        await using var health = await HealthServer.StartAsync(
            new() { Listen = new(IPAddress.Loopback, 0), Service = "podpool-door", Meters = [DoorMetrics.MeterName], NotReady = () => null }, Test);
        door.Manager.Function("watched", new()
        {
            StateStores = { new StateStoreAccess { Store = "store" } },
            Subscriptions = { new DaprSubscription { PubSub = "patient", Topic = "watched", Path = "/", DeadLetterTopic = "unwatched" } },
        });
        door.Router.On("shop/watched", posted => posted.Number == 1 ? Answer.Fine : Answer.Says("DROP"));
        var token = door.Manager.Instance("watched");
        Assert.Equal(204, (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status);
        foreach (var number in (int[])[1, 2])
        {
            await door.Behind.PublishEventAsync("patient", "watched", new { number }, Test);
            Assert.Equal(number, (await door.Router.NextAsync("shop/watched")).Number);
        }

        var folder = Directory.CreateTempSubdirectory("monitoring");
        try
        {
            await using var prometheus = await Prometheus.StartAsync(folder.FullName, FreePorts.Next(), ("podpool-door", health.Address.Authority));
            await Prometheus.UntilAsync(async () => await prometheus.QueryAsync("podpool_dapr_ready == 1") == 1);

            // Each event says what became of it; and a rate wants two scrapes.
            foreach (var outcome in (string[])["success", "dead_letter"])
            {
                await Prometheus.UntilAsync(
                    async () => await prometheus.QueryAsync($$"""podpool_dapr_events_total{function="shop/watched",topic="patient/watched",outcome="{{outcome}}"} == 1""") == 1);
            }

            await Prometheus.UntilAsync(async () => await prometheus.QueryAsync("count_over_time(podpool_dapr_ready[5m]) > 2") > 0);

            // A door that has just started does not count what is refused: it rehearses.
            await Prometheus.UntilAsync(async () =>
            {
                Assert.Equal(401, (await door.SendAsync("GET", "/v1.0/state/store/k", "forged")).Status);
                return await prometheus.QueryAsync("""sum(podpool_dapr_refused_total{function="",block="state",error="ERR_UNAUTHORIZED"}) > 0""") == 1;
            });
            var about = Dashboards.Expressions().Where(expression => expression.Contains(OfDoors, StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(about);
            foreach (var expression in about)
            {
                await prometheus.QueryAsync(expression);
                foreach (var figure in Dashboards.FiguresIn(expression))
                {
                    Assert.True(await prometheus.QueryAsync(figure) > 0, $"nothing is called {figure}, which '{expression}' asks for");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
