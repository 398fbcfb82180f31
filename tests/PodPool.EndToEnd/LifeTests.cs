using System.Text.Json.Nodes;
using k8s;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>A function from its first instance to its end.</summary>
public sealed class LifeTests(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public async Task It_scales_out_under_load_and_in_to_zero_without_it()
    {
        await Space.DeployEchoAsync("scales", change: spec =>
        {
            spec["concurrency"] = 2;
            spec["scale"] = new JsonObject { ["idleTimeout"] = "3s", ["max"] = 3 };
        });
        await Installation.FullAsync("default");
        var load = await Caller.LoadAsync(["scales"], callers: 6, pause: 0, query: "?milliseconds=300");
        await Eventually.IsSoAsync(async () => (await Space.InstancesAsync("scales")).Count is var count && count == 3 ? null : $"{count} instances");
        await load.AnsweredAsync(30);
        (await load.EndAsync()).AllAnswered();
        await Eventually.IsSoAsync(async () => (await Space.InstancesAsync("scales")).Count is var count && count == 0 ? null : $"{count} instances");
        Assert.Equal("pooled", (await Caller.GetAsync(Space.UrlOf("scales"))).Succeeded().Start);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task An_update_fails_no_request_and_ends_the_old_revision()
    {
        await Space.DeployEchoAsync("updated");
        var load = await Caller.LoadAsync(["updated"], callers: 4, query: "?milliseconds=50");
        await load.AnsweredAsync(40);
        var before = (await Space.InstanceAsync("updated")).Metadata.Name;
        await Space.DeployEchoAsync("updated", version: "2");
        await Eventually.IsSoAsync(async () => (await Space.InstancesAsync("updated")).All(pod => pod.Metadata.Name != before) ? null : "the old revision is still there");
        await load.AnsweredAsync(40);
        var count = (await load.EndAsync()).AllAnswered();
        Assert.Contains(count.Instances, instance => instance.Value[0].EndsWith(" 2", StringComparison.Ordinal));
        Assert.Equal("2", (await Caller.GetAsync(Space.UrlOf("updated"))).Succeeded().Json().GetProperty("version").GetString());
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task A_secret_reaches_the_function_and_shows_nowhere_and_a_new_value_comes_without_a_gap()
    {
        const string First = "first-hidden-value";
        const string Second = "second-hidden-value";
        await SetSecretAsync(First);
        await Space.DeployEchoAsync("secret", change: spec => spec["env"]!.AsArray().Add(new JsonObject
        {
            ["name"] = "TOKEN",
            ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = "token", ["key"] = "token" } },
        }));
        Assert.Equal(First, await TokenAsync());
        var load = await Caller.LoadAsync(["secret"], callers: 4);
        await load.AnsweredAsync(20);
        await SetSecretAsync(Second);
        await Eventually.IsSoAsync(async () => await TokenAsync() == Second ? null : "the old value is still answered");
        (await load.EndAsync()).AllAnswered();

        var shown = await Command.KubectlAsync("get", "pods,functions,runtimepools,services,events,configmaps", "--all-namespaces", "-o", "json")
            + await LogsAsync("manager") + await LogsAsync("router")
            + string.Concat(await Task.WhenAll((await Space.InstancesAsync("secret")).Select(pod => Command.KubectlAsync("-n", Installation.Namespace, "logs", pod.Metadata.Name))));
        foreach (var value in new[] { First, Second })
        {
            Assert.DoesNotContain(value, shown, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value)), shown, StringComparison.Ordinal);
        }

        async Task<string?> TokenAsync() => (await Caller.GetAsync(Space.UrlOf("secret"))).Succeeded().Json().GetProperty("token").GetString();
    }

    [ClusterFact]
    public async Task A_deleted_function_leaves_no_instance_and_no_service_and_is_not_found()
    {
        await Space.DeployEchoAsync("deleted");
        (await Caller.GetAsync(Space.UrlOf("deleted"))).Succeeded();
        await Eventually.IsSoAsync(async () => (string?)Installation.ConditionOf(await Installation.FunctionAsync(Space.Name, "deleted"), "ServiceReady")?["status"] == "True" ? null : "it has no Service");
        await Command.KubectlAsync("-n", Space.Name, "delete", "function", "deleted", "--timeout=60s");
        await Eventually.IsSoAsync(async () => (await Installation.PodsAsync()).Any(pod => pod.Metadata.Labels.TryGetValue("podpool.dev/function", out var name) && name == "deleted") ? "it has pods" : null);
        await Eventually.IsSoAsync(async () => (await Installation.Client.CoreV1.ListNamespacedServiceAsync(Space.Name, cancellationToken: TestContext.Current.CancellationToken)).Items.Any(service => service.Metadata.Name == "deleted") ? "it has a Service" : null);
        Assert.Equal(404, (await Caller.GetAsync(Space.UrlOf("deleted"))).Status);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    private static async Task<string> LogsAsync(string component)
        => await Command.KubectlAsync("-n", Installation.Namespace, "logs", "-l", $"app.kubernetes.io/component={component}", "--tail=-1");

    private Task SetSecretAsync(string value) => Command.ApplyAsync(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "token", ["namespace"] = Space.Name },
        ["stringData"] = new JsonObject { ["token"] = value },
    }.ToJsonString());
}
