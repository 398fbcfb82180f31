using System.Text.Json.Nodes;
using PodPool.Manager.Tests.Kubernetes.Whole;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>The console of managers on a cluster, of which one leads.</summary>
public sealed class ConsoleClusterTests
{
    [Fact]
    public async Task One_that_stands_by_names_the_leader_and_tells_of_everything_once_it_leads()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        var first = await cluster.StartManagerAsync("a", console: true);
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        using (var leading = await ConsoleStream.OpenAsync(first.Page))
        {
            await UntilAsync(leading, told => (bool)told["leads"]! && told["functions"]?.AsArray().Any(row => (string?)row!["name"] == "shop/hello") == true);
        }

        await using var second = await cluster.StartManagerAsync("b", console: true);
        using var stream = await ConsoleStream.OpenAsync(second.Page);
        await UntilAsync(stream, told => !(bool)told["leads"]! && (string?)told["leader"] == "a");
        await first.DisposeAsync();
        var news = await UntilAsync(stream, told => (bool)told["leads"]!);
        Assert.Equal("shop/hello", (string?)Assert.Single(news["functions"]!.AsArray())!["name"]);
        Assert.Equal("podpool-system/default", (string?)Assert.Single(news["pools"]!.AsArray())!["name"]);
    }

    [Fact]
    public async Task A_pool_is_asked_about_by_its_namespace_and_name()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a", console: true);
        using (var stream = await ConsoleStream.OpenAsync(manager.Page))
        {
            await UntilAsync(stream, told => told["pools"]?.AsArray().Count > 0);
        }

        using var client = ConsoleStream.NewClient();
        var told = JsonNode.Parse(await client.GetStringAsync(new Uri(manager.Page, "/console/pools/podpool-system/default/advice"), TestContext.Current.CancellationToken))!;
        Assert.Equal("podpool-system/default", (string?)told["pool"]);
        Assert.Contains("Nothing can be said yet", (string?)told["why"], StringComparison.Ordinal);
    }

    private static async Task<JsonNode> UntilAsync(ConsoleStream stream, Func<JsonNode, bool> holds)
    {
        while (await stream.NextAsync() is { } next)
        {
            if (next.Data is { } told && holds(told))
            {
                return told;
            }
        }

        throw new InvalidOperationException("the stream ended before");
    }
}
