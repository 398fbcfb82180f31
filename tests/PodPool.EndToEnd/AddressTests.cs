using System.Text.Json.Nodes;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>The addresses of a function, from inside the cluster; and that none leads to another's.</summary>
public sealed class AddressTests(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public async Task A_function_is_called_by_path_by_host_and_by_its_plain_name()
    {
        await Space.DeployEchoAsync("named");
        var router = $"http://podpool-router.{Installation.Namespace}";
        await IsAnsweredAsync(await Caller.GetAsync($"{router}/{Space.Name}/named/a/b"), "/a/b");
        await IsAnsweredAsync(await Caller.GetAsync($"{router}/a/b", ("Host", $"named.{Space.Name}.{Installation.Domain}")), "/a/b");

        // Its own Service.
        await Eventually.IsSoAsync(async () => (string?)Installation.ConditionOf(await Installation.FunctionAsync(Space.Name, "named"), "ServiceReady")?["status"] == "True" ? null : "it has no Service");
        await Eventually.IsSoAsync(async () => await Caller.GetAsync($"http://named.{Space.Name}/a/b") is { Status: 200 } ? null : "the name is not known yet");
        await IsAnsweredAsync(await Caller.GetAsync($"http://named.{Space.Name}/a/b"), "/a/b");
        await IsAnsweredAsync(await Caller.GetAsync($"http://named.{Space.Name}.svc/a/b"), "/a/b");
        await IsAnsweredAsync(await Caller.GetAsync($"http://named.{Space.Name}.svc.cluster.local/a/b"), "/a/b");

        async Task IsAnsweredAsync(Answer answer, string path)
        {
            var echo = answer.Succeeded().Json();
            Assert.Equal($"{Space.Name}/named", echo.GetProperty("function").GetString());
            Assert.Equal(path, echo.GetProperty("path").GetString());
            await Task.CompletedTask;
        }
    }

    [ClusterFact]
    public async Task Headers_that_a_caller_forges_lead_nowhere_else_and_do_not_get_through()
    {
        await Space.DeployEchoAsync("meant");
        await Space.DeployEchoAsync("victim");
        (await Caller.GetAsync(Space.UrlOf("victim"))).Succeeded();
        (await Caller.GetAsync(Space.UrlOf("meant"))).Succeeded();
        var victim = (await Space.InstanceAsync("victim")).Metadata.Name;
        var answer = await Caller.GetAsync(
            Space.UrlOf("meant"),
            ("x-podpool-instance", victim), ("x-podpool-function", $"{Space.Name}/victim"), ("X-Forwarded-Host", $"victim.{Space.Name}"), ("X-Original-URL", $"/{Space.Name}/victim/"), ("Forwarded", $"host=victim.{Space.Name}"));
        var echo = answer.Succeeded().Json();
        Assert.Equal($"{Space.Name}/meant", echo.GetProperty("function").GetString());
        Assert.DoesNotContain(victim, echo.GetProperty("headers").ToString(), StringComparison.Ordinal);

        // Neither does a way round through the path, nor a name that is nearly one.
        Assert.Equal($"{Space.Name}/meant", (await Caller.GetAsync(Space.UrlOf("meant", "/..%2f..%2f" + Space.Name + "%2fvictim"))) is { Status: 200 } strange ? strange.Json().GetProperty("function").GetString() : $"{Space.Name}/meant");
        Assert.Equal(404, (await Caller.GetAsync($"http://{Installation.RouterAddress}/", ("Host", $"victim.{Space.Name}.svc.evil.example"))).Status);
    }

    [ClusterFact]
    public async Task A_function_cannot_take_the_host_or_path_of_another_namespaces_function()
    {
        await Space.DeployEchoAsync("owner");
        var other = new TestNamespace(Installation);
        await other.InitializeAsync();
        try
        {
            await other.DeclareAsync("thief", "echo", TestNamespace.EchoFiles, spec => spec["route"] = new JsonObject
            {
                ["hosts"] = new JsonArray($"owner.{Space.Name}.{Installation.Domain}"),
                ["paths"] = new JsonArray($"/{Space.Name}/owner"),
            });
            await Eventually.IsSoAsync(async () => Installation.ConditionOf(await Installation.FunctionAsync(other.Name, "thief"), "Ready") is { } ready && (string?)ready["reason"] == "RouteTaken" ? null : "it is not refused");
            var byHost = await Caller.GetAsync($"http://{Installation.RouterAddress}/", ("Host", $"owner.{Space.Name}.{Installation.Domain}"));
            Assert.Equal($"{Space.Name}/owner", byHost.Succeeded().Json().GetProperty("function").GetString());
            Assert.Equal($"{Space.Name}/owner", (await Caller.GetAsync(Space.UrlOf("owner"))).Succeeded().Json().GetProperty("function").GetString());
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    [ClusterFact]
    public async Task A_pods_loader_hears_nobody_but_the_manager_and_its_function_port_only_who_means_it()
    {
        await Space.DeployEchoAsync("direct");
        (await Caller.GetAsync(Space.UrlOf("direct"))).Succeeded();
        var pods = await Installation.PodsAsync();
        var warm = pods.First(pod => Installation.StateOf(pod) == "warm").Status.PodIP;
        foreach (var url in new[] { $"https://{warm}:8081/podpool.v1.Loader/Status", $"http://{warm}:8081/podpool.v1.Loader/Status" })
        {
            // No certificate, and none that is trusted: the connection ends before a request is read.
            Assert.Equal(0, (await Caller.CallAsync(url, "POST", "")).Status);
        }

        // A network policy may close the port; if it is open, the pod itself asks whether it is meant.
        var serving = (await Space.InstanceAsync("direct")).Status.PodIP;
        Assert.True((await Caller.GetAsync($"http://{serving}:8080/")).Status is 0 or 421);
        Assert.True((await Caller.GetAsync($"http://{serving}:8080/", ("x-podpool-instance", "another"))).Status is 0 or 421);
    }
}
