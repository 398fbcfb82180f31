using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Tests.Local;

namespace PodPool.Cli.Tests.Dapr;

/// <summary>Functions that use Dapr's own SDK, on a local platform with a daprd.</summary>
public sealed class LocalDaprTests
{
    private const string Publishes = "stateStores: [{name: statestore}]\npubSubs: [{name: pubsub, topics: [orders]}]\ninvoke: [shipping.default]";
    private const string Subscribes = "stateStores: [{name: statestore}]\nsubscriptions: [{pubSub: pubsub, topic: orders, path: /shipments}]";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_starts_the_function_that_subscribes_and_each_sees_its_own_state_alone()
    {
        await using var dapr = await DaprOnPath.StartAsync();
        await using var local = LocalProcess.Start(dapr.Terminal, "--listen", "http://127.0.0.1:0", "--warm", "2", "--dapr-components", dapr.Components);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await local.ReadyAsync() };
        await DeployAsync(dapr, "orders", Publishes);
        await DeployAsync(dapr, "shipping", Subscribes);

        using var placed = await client.PostAsJsonAsync(new Uri("/default/orders/orders", UriKind.Relative), new { id = "1", book = "b" }, Test);
        Assert.True(placed.StatusCode == HttpStatusCode.Accepted, $"{placed.StatusCode} {await placed.Content.ReadAsStringAsync(Test)} {local.Error}");

        Assert.Equal("shipped", await StatusAsync(client, "shipping", "shipped"));
        Assert.Equal("placed", await StatusAsync(client, "orders", "placed"));
        Assert.Equal(0, await local.SignalAsync("-TERM"));
        Assert.Empty(Daprds(dapr));
    }

    [Fact]
    public async Task A_daprd_that_dies_is_started_again_and_what_was_published_before_is_handled_after()
    {
        await using var dapr = await DaprOnPath.StartAsync();
        await using var local = LocalProcess.Start(dapr.Terminal, "--listen", "http://127.0.0.1:0", "--warm", "2", "--dapr-components", dapr.Components);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await local.ReadyAsync() };
        await DeployAsync(dapr, "orders", Publishes);
        using var first = await client.PostAsJsonAsync(new Uri("/default/orders/orders", UriKind.Relative), new { id = "1", book = "b" }, Test);
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);

        Assert.Single(Daprds(dapr)).Kill();
        await DeployAsync(dapr, "shipping", Subscribes);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        HttpStatusCode status;
        do
        {
            using var second = await client.PostAsJsonAsync(new Uri("/default/orders/orders", UriKind.Relative), new { id = "2", book = "b" }, Test);
            status = second.StatusCode;
        }
        while (status != HttpStatusCode.Accepted && await timer.WaitForNextTickAsync(Test));

        Assert.Equal("shipped", await StatusAsync(client, "shipping", "shipped", "2"));
        Assert.Contains("daprd ended", local.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_daprd_on_the_path_it_says_so()
    {
        using var terminal = new TestTerminal();
        terminal["PATH"] = terminal.Folder;
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("local", "--dapr", "--dapr-components", terminal.Folder));
        Assert.Contains("no 'daprd' on the PATH", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("dapr init", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_that_is_none_ends_the_start_with_what_daprd_says_of_it()
    {
        await using var dapr = await DaprOnPath.StartAsync();
        dapr.Add("broken", "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: broken}\nspec: {type: state.nowhere, version: v1, metadata: []}");
        await using var local = LocalProcess.Start(dapr.Terminal, "--listen", "http://127.0.0.1:0", "--warm", "0", "--dapr-components", dapr.Components);
        Assert.Equal(ExitCode.Failed, await local.EndedAsync());
        Assert.Contains("daprd ended", local.Error, StringComparison.Ordinal);
        Assert.Contains("state.nowhere", local.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_names_what_nobody_knows_is_refused_with_its_place()
    {
        using var terminal = new TestTerminal();
        var file = Path.Combine(terminal.Folder, "dapr.yaml");
        await File.WriteAllTextAsync(file, "stateStores:\n  - name: a\n    shard: b\n", Test);
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello", "--dapr", file, "--server", "unix:/nowhere"));
        Assert.Contains("at $.stateStores[0]", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("shard", terminal.Error, StringComparison.Ordinal);
    }

    private static async Task DeployAsync(DaprOnPath dapr, string name, string uses)
    {
        var code = await dapr.Terminal.RunAsync("deploy", Repository.PublishedSample("DaprShop"), "--name", name, "--dapr", dapr.Uses(uses));
        Assert.True(code == ExitCode.Ok, dapr.Terminal.Error);
    }

    /// <summary>An order's status as a function sees it, when it is as wanted.</summary>
    private static async Task<string?> StatusAsync(HttpClient client, string function, string wanted, string order = "1")
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            using var answer = await client.GetAsync(new Uri($"/default/{function}/orders/{order}", UriKind.Relative), Test);
            var status = answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<Order>(Test))?.Status : null;
            if (status == wanted)
            {
                return status;
            }

            await timer.WaitForNextTickAsync(Test);
        }
    }

    /// <summary>The daprds of this test's platform.</summary>
    private static IReadOnlyList<Process> Daprds(DaprOnPath dapr)
        => [.. Process.GetProcessesByName("daprd").Where(process => File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(dapr.Components, StringComparison.Ordinal))];

    private sealed record Order(string Id, string Book, string Status);
}
