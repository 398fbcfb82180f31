using System.Net;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Consoles;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Cli.Tests.Clusters;

public sealed class ConsoleForwardTests : IAsyncLifetime
{
    private const string Installation = "podpool-system";

    private readonly Dictionary<string, WebApplication> _managers = [];
    private FakeApiServer _server = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _server.Forwards = (pod, port) => port == LeaderPort.ConsolePort && _managers.TryGetValue(pod.Name, out var manager) ? IPEndPoint.Parse(new Uri(manager.Urls.Single()).Authority) : null;
        foreach (var name in (string[])["m1", "m2"])
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var manager = _managers[name] = builder.Build();
            manager.Urls.Add("http://127.0.0.1:0");
            manager.Run(context => context.Response.WriteAsync($"console of {name}"));
            await manager.StartAsync(Test);
            _server.Store.Create(new V1Pod { Metadata = new() { Name = name, NamespaceProperty = Installation } });
        }

        _server.Store.Create(new V1Lease { Metadata = new() { Name = LeaderPort.LeaseName, NamespaceProperty = Installation }, Spec = new() { HolderIdentity = "m1" } });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in _managers.Values)
        {
            await manager.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_page_is_the_leaders_also_when_another_has_taken_over()
    {
        using var cluster = Cluster();
        using var forward = ConsoleForward.Listen(cluster, new(IPAddress.Loopback, 0));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var running = forward.RunAsync(ending.Token);

        Assert.Equal("console of m1", await GetAsync(forward, HttpStatusCode.OK));

        Lead("m2");
        Assert.Equal("console of m2", await GetAsync(forward, HttpStatusCode.OK));

        await ending.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_browser_is_told_why_there_is_nothing_to_see()
    {
        Lead(null);
        using var cluster = Cluster();
        using var forward = ConsoleForward.Listen(cluster, new(IPAddress.Loopback, 0));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var running = forward.RunAsync(ending.Token);

        Assert.Contains("no manager leads in the namespace 'podpool-system'", await GetAsync(forward, HttpStatusCode.BadGateway), StringComparison.Ordinal);

        await ending.CancelAsync();
        await running;
    }

    [Fact]
    public async Task It_is_for_this_machine_alone_and_says_which_address_is_taken()
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("console", "--listen", "http://0.0.0.0:8085"));
        Assert.Contains("no address of this machine alone", terminal.Error, StringComparison.Ordinal);

        using var cluster = Cluster();
        using var forward = ConsoleForward.Listen(cluster, new(IPAddress.Loopback, 0));
        Assert.Contains(forward.Address.ToString(), Assert.Throws<CliException>(() => ConsoleForward.Listen(cluster, forward.Address)).Message, StringComparison.Ordinal);
    }

    private Cluster Cluster() => new(new("test", new KubernetesClientConfiguration { Host = _server.Address }), Installation, TimeProvider.System) { Leader = { Patience = TimeSpan.FromMilliseconds(400) } };

    private void Lead(string? name) => _server.Store.Patch(TestCluster.Leases, new(Installation, LeaderPort.LeaseName), new() { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["holderIdentity"] = name } });

    private static async Task<string> GetAsync(ConsoleForward forward, HttpStatusCode expected)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler);
        using var answer = await client.GetAsync(new Uri($"http://{forward.Address}/console"), Test);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Test);
    }
}
