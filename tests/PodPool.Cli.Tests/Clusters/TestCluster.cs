using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PodPool.Cli.Local;
using PodPool.Manager;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Cli.Tests.Clusters;

/// <summary>A cluster as the command line reaches it: an API server, managers behind its forwarded ports, a pool that wants no pods.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string Installation = "podpool-system";

    public static readonly FakeKind Functions = new(CustomResources.Group, CustomResources.Version, FunctionResource.KubePluralName);
    public static readonly FakeKind Pools = new(CustomResources.Group, CustomResources.Version, RuntimePoolResource.KubePluralName);
    public static readonly FakeKind Leases = new("coordination.k8s.io", "v1", "leases");

    private readonly Dictionary<string, WebApplication> _hosts = [];
    private readonly Dictionary<string, EndPoint> _listeners = [];

    private TestCluster(FakeApiServer server)
    {
        Server = server;
        server.Forwards = (pod, port) => port == (pod.Name == "router" ? 8080 : 8082) ? _listeners.GetValueOrDefault(pod.Name) : null;
        server.Scales(Pools, "spec.size.warm", "status.warm", "status.selector");
        Terminal["KUBECONFIG"] = WriteConfig("config", "test");
    }

    public FakeApiServer Server { get; }

    public TestTerminal Terminal { get; } = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static async Task<TestCluster> StartAsync()
    {
        var cluster = new TestCluster(await FakeApiServer.StartAsync());
        cluster.Server.Store.Create(new RuntimePoolResource
        {
            Metadata = new() { Name = "default", NamespaceProperty = Installation },
            Spec = new()
            {
                Template = new() { Spec = JsonDocument.Parse("""{"containers":[{"name":"runtime","image":"i"}]}""").RootElement },
                Size = new() { Warm = 0 },
                AllowedNamespaces = ["*"],
            },
        });
        return cluster;
    }

    /// <summary>A manager in a pod of its own; returns when it leads, or after the one that does.</summary>
    public async Task StartManagerAsync(string name, string? registry = null)
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var operators = (IPEndPoint)free.LocalEndPoint!;
        var options = new ManagerOptions
        {
            StateFolder = Path.Combine(Terminal.Folder, name),
            RuntimeFolder = PodRuntime.Folder,
            Listen = "unix:" + Path.Combine(Terminal.Folder, $"{name}.sock"),
            Pools = [],
            KeepPods = true,
            Rehearse = false,
            Kubernetes = new()
            {
                Namespace = Installation, Identity = name, Operators = $"http://{operators}", Registry = registry, KubeConfig = WriteConfig($"{name}.config", name),
            },
        };
        free.Close();
        using var api = Server.Connect("installer");
        var installation = await InstallationSecret.OpenAsync(api.Resource<V1Secret>(), Installation, TimeProvider.System, Test);
        var host = ManagerHost.Build(options, installation, builder => builder.Logging.ClearProviders());
        Server.Store.Create(new V1Pod { Metadata = new() { Name = name, NamespaceProperty = Installation } });
        (_hosts[name], _listeners[name]) = (host, operators);
        await host.StartAsync(Test);
        await UntilAsync(() => Server.Store.Find(Leases, new(Installation, "podpool-manager"))?.Text("spec", "holderIdentity") is not null);
    }

    /// <summary>A router in a pod of its own, that answers so.</summary>
    public async Task StartRouterAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var host = builder.Build();
        host.Urls.Add("http://127.0.0.1:0");
        host.Run(answer);
        await host.StartAsync(Test);
        Server.Store.Create(new V1Pod
        {
            Metadata = new()
            {
                Name = "router",
                NamespaceProperty = Installation,
                Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "podpool", ["app.kubernetes.io/component"] = "router" },
            },
            Spec = new() { Containers = [new() { Name = "router", Ports = [new() { Name = "http", ContainerPort = 8080 }] }] },
            Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }] },
        });
        (_hosts["router"], _listeners["router"]) = (host, IPEndPoint.Parse(new Uri(host.Urls.Single()).Authority));
    }

    /// <summary>A manager's end, with its pod's.</summary>
    public async Task StopManagerAsync(string name)
    {
        _hosts.Remove(name, out var host);
        _listeners.Remove(name);
        Server.Store.Delete(FakeKind.Pods, new(Installation, name));
        await host!.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }

    /// <summary>The command line, with the context that is there.</summary>
    public Task<int> RunAsync(params string[] arguments) => Terminal.RunAsync([.. arguments, "--context", "test"]);

    public async Task UntilAsync(Func<bool> holds)
    {
        while (true)
        {
            var next = Server.Store.Next;
            if (holds())
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(60), Test);
        }
    }

    public JsonObject? Function(string name) => Server.Store.Find(Functions, new("shop", name))?.ToNode();

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.StopAsync(CancellationToken.None);
            await host.DisposeAsync();
        }

        await Server.DisposeAsync();
        Terminal.Dispose();
    }

    private string WriteConfig(string file, string user)
    {
        var path = Path.Combine(Terminal.Folder, file);
        File.WriteAllText(path, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"test","clusters":[{"name":"c","cluster":{"server":"{{{Server.Address}}}"}}],
             "users":[{"name":"u","user":{"token":"{{{user}}}"}}],"contexts":[{"name":"test","context":{"cluster":"c","user":"u","namespace":"shop"}}]}
            """);
        return path;
    }
}
