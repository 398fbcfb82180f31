using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>An author and an operator with nothing but <c>podpool</c> and a kubeconfig, outside the cluster.</summary>
public sealed partial class CommandLineTests(TestNamespace space) : EndToEndTests(space)
{
    private static string Hello => Path.Combine(AppContext.BaseDirectory, "samples", "Hello");

    [ClusterFact]
    public async Task A_sound_installation_has_no_errors()
    {
        await Installation.FullAsync("default");

        using var found = JsonDocument.Parse(await PodPoolAsync("check", "--output", "json"));

        Assert.Equal(0, found.RootElement.GetProperty("errors").GetInt32());
        Assert.Contains(found.RootElement.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("about").GetString() == "leader");
    }

    [ClusterFact]
    public async Task A_function_is_deployed_called_shown_and_deleted()
    {
        var name = $"{Space.Name}/by-hand";

        await PodPoolAsync("deploy", Hello, "--name", name);

        Assert.Equal("hello Ada", (await Caller.GetAsync(Space.UrlOf("by-hand", "?name=Ada"))).Succeeded().Json().GetProperty("message").GetString());
        Assert.Contains("hello Grace", await PodPoolAsync("invoke", name, "--path", "?name=Grace"), StringComparison.Ordinal);
        Assert.Contains(name, await PodPoolAsync("list"), StringComparison.Ordinal);
        Assert.Contains("first_call", await PodPoolAsync("describe", name, "--output", "json"), StringComparison.OrdinalIgnoreCase);
        await PodPoolAsync("delete", name);
        Assert.DoesNotContain(name, await PodPoolAsync("list"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_bench_makes_every_first_request_cold()
    {
        await Installation.FullAsync("default");
        using var router = Process.Start(new ProcessStartInfo("kubectl", ["-n", Installation.Namespace, "port-forward", "service/podpool-router", ":80"]) { RedirectStandardOutput = true })!;
        try
        {
            var url = "http://" + ForwardedAddress().Match(await router.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "").Value;
            using var report = JsonDocument.Parse(await PodPoolAsync("bench", "--package", Hello, "--count", "2", "--warmup", "1", "--router", url, "--output", "json"));
            var pooled = report.RootElement.GetProperty("runs").EnumerateArray().Single(run => run.GetProperty("mode").GetString() == "pooled");
            Note(pooled.GetRawText());
            Assert.Equal((2, 0), (pooled.GetProperty("n").GetInt32(), pooled.GetProperty("errors").GetInt32()));
            Assert.Equal(2, pooled.GetProperty("starts").GetProperty("pooled").GetInt32());
        }
        finally
        {
            router.Kill();
        }
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex ForwardedAddress();

    /// <summary>Runs it against the current context; it must succeed.</summary>
    /// <returns>What it printed for programs and people to read; what it is doing meanwhile is not in it.</returns>
    private static async Task<string> PodPoolAsync(params string[] arguments)
    {
        var (code, output, errors) = await Command.TryAsync("dotnet", [Settings.PodPool, .. arguments, "--kubeconfig", Environment.GetEnvironmentVariable("KUBECONFIG")!]);
        Assert.True(code == 0, $"podpool {string.Join(' ', arguments)} ended with {code}:\n{output}{errors}");
        return output;
    }
}
