using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Ports;

namespace PodPool.Benchmarks;

/// <summary>What a node has, each part a process of its own: manager and router, the door, and beside it the stand-in for daprd, over a real Redis.</summary>
internal sealed class Platform : IAsyncDisposable
{
    /// <summary>A function that is there from the start, and may use all there is.</summary>
    public const string User = "uses";

    /// <summary>What a function that uses Dapr names.</summary>
    public const string Uses = $"stateStores: [{{name: {Store}}}]\npubSubs: [{{name: {Bus}}}]";

    private const string Store = "statestore";
    private const string Bus = "pubsub";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-dapr-");
    private readonly Dictionary<string, string> _environment;
    private readonly List<Part> _parts = [];
    private readonly GrpcChannel _channel;

    private Platform(string redis, int warm)
    {
        var (redisPort, http, grpc, between) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var (app, door, router) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var manager = "unix:" + Path.Combine(_folder.FullName, "m");
        DaprdToken = Guid.NewGuid().ToString("N");
        (Router, DaprdAddress) = (new(Loopback(router)), new(Loopback(http)));
        _environment = new() { ["DAPR_API_TOKEN"] = DaprdToken, ["APP_API_TOKEN"] = DaprdToken, ["PODPOOL_SERVER"] = manager };
        var components = WriteComponents(redisPort);

        Start(redis, "--port", $"{redisPort}", "--save", "", "--appendonly", "no", "--dir", _folder.FullName);
        Start(
            "dotnet", "exec", Programs.Built("src/PodPool.Manager", "PodPool.Manager.dll"), "--state", Path.Combine(_folder.FullName, "state"),
            "--runtime", Programs.Built("src/PodPool.Cli", "runtime"), "--listen", manager, "--warm", $"{warm}");
        Start("dotnet", "exec", Programs.Built("src/PodPool.Router", "PodPool.Router.dll"), "--manager", manager, "--listen", Loopback(router));
        Door = Start(
            // As in its image.
            new Dictionary<string, string> { ["DOTNET_GCgen0size"] = "0x200000" },
            "dotnet", "exec", Programs.Built("src/PodPool.DaprProxy", "PodPool.DaprProxy.dll"), "--manager", manager, "--listen", Loopback(door), "--app", Loopback(app),
            "--daprd-http", Loopback(http), "--daprd-grpc", Loopback(grpc), "--router", Loopback(router));
        Daprd = Start(
            Programs.Built("tests/PodPool.DaprStandIn", "daprd"), "--app-id", "podpool", "--mode", "standalone", "--dapr-listen-addresses", "127.0.0.1",
            "--dapr-http-port", $"{http}", "--dapr-grpc-port", $"{grpc}", "--dapr-internal-grpc-port", $"{between}", "--enable-metrics=false",
            "--app-port", $"{app}", "--app-protocol", "http", "--enable-app-health-check", "--app-health-check-path", "/healthz", "--app-health-probe-interval", "1",
            "--app-health-threshold", "1", "--resources-path", components, "--log-level", "info");

        Client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Router };
        var socket = PodAddress.Parse(manager);
        _channel = GrpcChannel.ForAddress("http://manager", new() { HttpHandler = new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, token) => PodAddress.ConnectAsync(socket, token) } });
        Operator = new(_channel);
    }

    /// <summary>The router.</summary>
    public Uri Router { get; }

    /// <summary>Calls the router.</summary>
    public HttpClient Client { get; }

    public Operator.OperatorClient Operator { get; }

    /// <summary>The node's door.</summary>
    public Part Door { get; }

    /// <summary>The sidecar.</summary>
    public Part Daprd { get; }

    /// <summary>Its HTTP API, past the door.</summary>
    public Uri DaprdAddress { get; }

    /// <summary>What it wants of its callers.</summary>
    public string DaprdToken { get; }

    /// <summary>Starts all, and waits until the pool is full and the door is of use.</summary>
    public static async Task<Platform> StartAsync(string redis, int warm)
    {
        var platform = new Platform(redis, warm);
        while (!await platform.IsFullAsync())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        // Until a call gets through, a first request would be answered with a refusal of the door's.
        await platform.DeployAsync(User, Uses);
        var (door, token, _) = await platform.InstanceAsync(User);
        while (!await Measures.IsThereAsync(platform.Client, new(door, $"/v1.0/state/{Store}/none"), token))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return platform;
    }

    /// <summary>Deploys the probe.</summary>
    /// <param name="name">The function.</param>
    /// <param name="dapr">What it uses, as <c>spec.dapr</c>; null: no Dapr.</param>
    /// <param name="more">Options beside.</param>
    public async Task DeployAsync(string name, string? dapr, params string[] more)
    {
        string[] uses = [];
        if (dapr is not null)
        {
            var file = Path.Combine(_folder.FullName, name + ".yaml");
            await File.WriteAllTextAsync(file, dapr);
            uses = ["--dapr", file];
        }

        await Programs.RunAsync(
            _environment, ["deploy", Programs.Built("benchmarks/DaprProbe", "DaprProbe.dll"), "--name", name, "--env", $"EVENTS={EventsOf(name)}", "--idle-timeout", "3600", .. uses, .. more]);
    }

    /// <summary>What came to a function: a line an event.</summary>
    public string EventsOf(string function) => Path.Combine(_folder.FullName, function + ".events");

    /// <summary>An instance's door, token and process; starts one if there is none.</summary>
    public async Task<(Uri Door, string Token, int Process)> InstanceAsync(string function)
    {
        var said = (await Client.GetStringAsync(new Uri($"/default/{function}", UriKind.Relative))).Split(' ');
        return (new(said[0]), said[1], int.Parse(said[2], CultureInfo.InvariantCulture));
    }

    /// <summary>Ends a function's instances, and waits until the pool is full again.</summary>
    public async Task CoolAsync(string function)
    {
        await Operator.EvictFunctionAsync(new() { Namespace = "default", Name = function });
        while (!await IsFullAsync())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        // What else a new pod does after it is warm.
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _channel.Dispose();
        foreach (var part in _parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private Part Start(string program, params string[] arguments) => Start(new Dictionary<string, string>(), program, arguments);

    private Part Start(Dictionary<string, string> more, string program, params string[] arguments)
    {
        var part = new Part(program, arguments, _environment.Concat(more).ToDictionary());
        _parts.Add(part);
        return part;
    }

    private async Task<bool> IsFullAsync()
    {
        try
        {
            return (await Operator.ListPoolsAsync(new())).Pools is [var pool, ..] && pool.Warm >= pool.Size;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    private string WriteComponents(int redis)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "components")).FullName;
        foreach (var (type, name) in ((string, string)[])[("state.redis", Store), ("pubsub.redis", Bus)])
        {
            File.WriteAllText(Path.Combine(folder, name + ".yaml"), $$"""
                apiVersion: dapr.io/v1alpha1
                kind: Component
                metadata: {name: {{name}}}
                spec:
                  type: {{type}}
                  version: v1
                  metadata:
                    - {name: redisHost, value: "127.0.0.1:{{redis}}"}
                    - {name: processingTimeout, value: 3s}
                    - {name: redeliverInterval, value: 1s}
                """);
        }

        return folder;
    }

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    /// <remarks>All at once: one that is let go could be found again.</remarks>
}
