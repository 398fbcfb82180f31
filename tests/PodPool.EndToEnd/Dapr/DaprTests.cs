using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Dapr;

/// <summary>Functions that use Dapr, through the door of their node.</summary>
public sealed class DaprTests(TestNamespace space, DaprInstallation dapr) : EndToEndTests(space), IClassFixture<DaprInstallation>
{
    private const string Placed = "placed";
    private const string Shipped = "shipped";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [ClusterFact]
    public async Task An_event_starts_the_function_that_subscribes_and_each_sees_its_own_state_alone()
    {
        Assert.NotNull(dapr);
        await DeployAsync();
        await PlaceAsync("1");
        await StatusAsync("shipping", "1", Shipped);
        await StatusAsync("orders", "1", Placed);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task A_door_and_a_daprd_that_die_come_back_and_the_instances_that_know_them_go_on()
    {
        Assert.SkipWhen(Settings.ContainerKill is null, "nothing ends containers here");
        await DeployAsync();
        await PlaceAsync("2");
        await StatusAsync("shipping", "2", Shipped);
        var before = (await Space.InstanceAsync("orders")).Metadata.Name;
        foreach (var pod in await DaprPodsAsync())
        {
            await Installation.KillAsync(pod);
        }

        await Eventually.IsSoAsync(async () => await TryPlaceAsync("3"));
        await StatusAsync("shipping", "3", Shipped);
        Assert.Equal(before, (await Space.InstanceAsync("orders")).Metadata.Name);
    }

    [ClusterFact]
    public async Task What_a_function_does_not_name_is_refused_and_is_granted_without_a_new_instance()
    {
        await Space.DeploySampleAsync("DaprShop", "poor", spec => spec["dapr"] = new JsonObject());
        var refused = await Caller.GetAsync(Space.UrlOf("poor", "/orders/1"));
        Assert.Equal(500, refused.Status);
        var instance = (await Space.InstanceAsync("poor")).Metadata.Name;

        await Space.DeploySampleAsync("DaprShop", "poor", spec => spec["dapr"] = JsonNode.Parse("""{"stateStores":[{"name":"statestore"}]}"""));
        await Eventually.IsSoAsync(async () => (await Caller.GetAsync(Space.UrlOf("poor", "/orders/1"))).Status is var status && status == 404 ? null : $"it is answered {status}");
        Assert.Equal(instance, (await Space.InstanceAsync("poor")).Metadata.Name);
    }

    private async Task DeployAsync()
    {
        await Space.DeploySampleAsync("DaprShop", "orders", spec => spec["dapr"] = JsonNode.Parse("""{"stateStores":[{"name":"statestore"}],"pubSubs":[{"name":"pubsub","topics":["orders"]}]}"""));
        await Space.DeploySampleAsync("DaprShop", "shipping", spec => spec["dapr"] = JsonNode.Parse(
            """{"stateStores":[{"name":"statestore"}],"subscriptions":[{"pubSub":"pubsub","topic":"orders","path":"/shipments"}]}"""));
    }

    private async Task PlaceAsync(string id) => Assert.Null(await TryPlaceAsync(id));

    /// <summary>What became of an order; null: it was taken.</summary>
    private async Task<string?> TryPlaceAsync(string id)
    {
        var answer = await Caller.CallAsync(Space.UrlOf("orders", "/orders"), "POST", $$"""{"id":"{{id}}","book":"b"}""", ("content-type", "application/json"));
        return answer.Status == 202 ? null : $"order {id} was answered {answer.Status} {answer.Body}";
    }

    private Task StatusAsync(string function, string id, string wanted) => Eventually.IsSoAsync(async () =>
    {
        var answer = await Caller.GetAsync(Space.UrlOf(function, $"/orders/{id}"));
        return answer.Status == 200 && answer.Json().GetProperty("status").GetString() == wanted ? null : $"{function} has of order {id}: {answer.Status} {answer.Body}";
    });

    private async Task<IReadOnlyList<V1Pod>> DaprPodsAsync()
        => [.. (await Installation.Client.CoreV1.ListNamespacedPodAsync(Installation.Namespace, labelSelector: "app.kubernetes.io/component=dapr", cancellationToken: Test)).Items];
}
