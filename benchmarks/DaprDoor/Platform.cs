using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using PodPool.Contracts.V1;

namespace PodPool.Benchmarks;

/// <summary>A <c>podpool local --dapr</c> as a user starts it, with the stand-in for daprd on its PATH, over a real Redis.</summary>
internal sealed class Platform : IAsyncDisposable
{
    public const string Store = "statestore";
    public const string Bus = "pubsub";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-dapr-");
    private readonly Dictionary<string, string> _environment;
    private readonly string _components;
    private readonly Process _redis;
    private Process? _local;
    private GrpcChannel? _channel;

    private Platform(string redis)
    {
        _environment = new()
        {
            ["PATH"] = Path.GetDirectoryName(Programs.Built("tests/PodPool.DaprStandIn", "daprd")) + ":" + Environment.GetEnvironmentVariable("PATH"),
            ["XDG_RUNTIME_DIR"] = _folder.FullName,
        };
        _components = Directory.CreateDirectory(Path.Combine(_folder.FullName, "components")).FullName;
        var port = FreePort();
        _redis = Programs.Start(redis, ["--port", $"{port}", "--save", "", "--appendonly", "no", "--dir", _folder.FullName], _environment);
        foreach (var (type, name) in ((string, string)[])[("state.redis", Store), ("pubsub.redis", Bus)])
        {
            File.WriteAllText(Path.Combine(_components, name + ".yaml"), $$"""
                apiVersion: dapr.io/v1alpha1
                kind: Component
                metadata: {name: {{name}}}
                spec:
                  type: {{type}}
                  version: v1
                  metadata:
                    - {name: redisHost, value: "127.0.0.1:{{port}}"}
                    - {name: processingTimeout, value: 3s}
                    - {name: redeliverInterval, value: 1s}
                """);
        }
    }

    /// <summary>The router.</summary>
    public Uri Router { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public Operator.OperatorClient Operator { get; private set; } = null!;

    /// <summary>The state folder.</summary>
    public string State => Path.Combine(_folder.FullName, "state");

    /// <summary>Where what functions write goes.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The sidecar's process.</summary>
    public Process Daprd => Process.GetProcessesByName("daprd").Single(process => File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(_components, StringComparison.Ordinal));

    public static async Task<Platform> StartAsync(string redis, int warm)
    {
        var platform = new Platform(redis);
        platform._local = Programs.Start(
            "dotnet",
            ["exec", Programs.Built("src/PodPool.Cli", "podpool.dll"), "local", "--listen", "http://127.0.0.1:0", "--state", platform.State, "--warm", $"{warm}", "--dapr-components", platform._components],
            platform._environment);
        _ = platform._local.StandardError.ReadToEndAsync();
        while (await platform._local.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                platform.Router = new(line["ready ".Length..]);
                platform.Client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = platform.Router };
                platform._channel = GrpcChannel.ForAddress(platform.Router);
                platform.Operator = new(platform._channel);
                return platform;
            }
        }

        await platform.DisposeAsync();
        throw new InvalidOperationException("podpool local ended before it was ready");
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
        while ((await Operator.ListPoolsAsync(new())).Pools[0] is var pool && pool.Warm < pool.Size)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        // What else a new pod does after it is warm.
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        _channel?.Dispose();
        if (_local is not null)
        {
            await Programs.EndAsync(_local);
        }

        await Programs.EndAsync(_redis);
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
