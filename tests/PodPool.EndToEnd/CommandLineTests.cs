using System.Text.Json;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>An author and an operator with nothing but <c>podpool</c> and a kubeconfig, outside the cluster.</summary>
public sealed class CommandLineTests(TestNamespace space) : EndToEndTests(space)
{
    private static string Hello => Path.Combine(AppContext.BaseDirectory, "samples", "Hello");

    [ClusterFact]
    public async Task A_sound_installation_has_no_errors()
    {
        await Installation.FullAsync("default");

        using var found = JsonDocument.Parse(await Command.PodPoolAsync("check", "--output", "json"));

        Assert.Equal(0, found.RootElement.GetProperty("errors").GetInt32());
        Assert.Contains(found.RootElement.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("about").GetString() == "leader");
    }

    [ClusterFact]
    public async Task A_function_is_deployed_called_shown_and_deleted()
    {
        var name = $"{Space.Name}/by-hand";

        await Command.PodPoolAsync("deploy", Hello, "--name", name);

        Assert.Equal("hello Ada", (await Caller.GetAsync(Space.UrlOf("by-hand", "?name=Ada"))).Succeeded().Json().GetProperty("message").GetString());
        Assert.Contains("hello Grace", await Command.PodPoolAsync("invoke", name, "--path", "?name=Grace"), StringComparison.Ordinal);
        Assert.Contains(name, await Command.PodPoolAsync("list"), StringComparison.Ordinal);
        Assert.Contains("first_call", await Command.PodPoolAsync("describe", name, "--output", "json"), StringComparison.OrdinalIgnoreCase);
        await Command.PodPoolAsync("delete", name);
        Assert.DoesNotContain(name, await Command.PodPoolAsync("list"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_bench_makes_every_first_request_cold()
    {
        await Installation.FullAsync("default");
        await using var router = await PortForward.OpenAsync(Installation.Namespace, "service/podpool-router", 80);

        using var report = JsonDocument.Parse(await Command.PodPoolAsync(
            "bench", "--package", Hello, "--count", "2", "--warmup", "1", "--router", router.Address.GetLeftPart(UriPartial.Authority), "--output", "json"));

        var pooled = report.RootElement.GetProperty("runs").EnumerateArray().Single(run => run.GetProperty("mode").GetString() == "pooled");
        Note(pooled.GetRawText());
        Assert.Equal((2, 0), (pooled.GetProperty("n").GetInt32(), pooled.GetProperty("errors").GetInt32()));
        Assert.Equal(2, pooled.GetProperty("starts").GetProperty("pooled").GetInt32());
    }
}
