using System.Globalization;
using System.Text;
using Dapr.Client;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using PodPool.Contracts.V1;
using PodPool.DaprStandIn.Starting;
using PodPool.Ports;
using StackExchange.Redis;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>A door with all that is around it: a manager, a router, and the stand-in for daprd over a Redis.</summary>
public sealed class DoorFixture : IAsyncLifetime
{
    /// <summary>What daprd wants of its callers: the door and nobody else.</summary>
    public const string DaprdToken = "the-token-that-daprd-wants";

    /// <summary>What daprd shows to its application, which the door is.</summary>
    public const string AppToken = "the-token-that-daprd-shows";

    /// <summary>daprd's id of all applications behind the door.</summary>
    public const string AppId = "podpool";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("door");
    private readonly int _port = FreePorts.Next();
    private readonly int _appPort = FreePorts.Next();
    private readonly SocketsHttpHandler _sockets = new() { UseProxy = false };
    private readonly List<DaprClient> _clients = [];
    private WebApplication? _door;
    private ConnectionMultiplexer? _redis;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    internal TestManager Manager { get; } = new();

    internal TestRouter Router { get; } = new();

    internal RedisServer Redis { get; private set; } = null!;

    internal StandInProcess Daprd { get; private set; } = null!;

    /// <summary>daprd itself, past the door.</summary>
    internal DaprClient Behind { get; private set; } = null!;

    /// <summary>Plain HTTP.</summary>
    internal HttpClient Http { get; private set; } = null!;

    /// <summary>The topics in Redis.</summary>
    internal IDatabase Streams => _redis!.GetDatabase();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Redis = await RedisServer.StartAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync(Redis.Host);
        await Manager.StartAsync();
        await Router.StartAsync();
        var secrets = Path.Combine(_folder.FullName, "secrets.json");
        await File.WriteAllTextAsync(secrets, """{"password":"s3cret","other":"hidden"}""", CancellationToken.None);
        Daprd = await StandInProcess.StartAsync(new()
        {
            AppId = AppId,
            AppPort = _appPort,
            ApiToken = DaprdToken,
            AppToken = AppToken,
            Flags = ["--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "1", "--dapr-graceful-shutdown-seconds", "1"],
            UntilReady = false,
            Resources =
            [
                ComponentFile.Of(Redis, "state.redis", "store"),
                ComponentFile.Of(Redis, "lock.redis", "locks"),
                ComponentFile.Of(Redis, "configuration.redis", "settings", ("redisDB", "1")),
                ComponentFile.Of(Redis, "bindings.redis", "keys", ("redisDB", "2")),
                ComponentFile.Of(Redis, "bindings.redis", "setter", ("redisDB", "1")),
                ComponentFile.Of("secretstores.local.file", "vault", ("secretsFile", secrets)),
                ComponentFile.Of("secretstores.local.file", "safe", ("secretsFile", secrets)),
                ComponentFile.Of("bindings.cron", "tick", ("schedule", "@every 1s"), ("direction", "input")),

                // Events come again soon, and those that take a while are left alone.
                ComponentFile.Of(Redis, "pubsub.redis", "bus", ("processingTimeout", "1s"), ("redeliverInterval", "200ms"), ("concurrency", "40")),
                ComponentFile.Of(Redis, "pubsub.redis", "patient", ("processingTimeout", "20s"), ("redeliverInterval", "200ms")),
            ],
        });
        Behind = new DaprClientBuilder().UseHttpEndpoint(Daprd.HttpAddress).UseGrpcEndpoint(Daprd.GrpcAddress).UseDaprApiToken(DaprdToken).Build();
        Http = new(_sockets, disposeHandler: false) { BaseAddress = new(Address) };
        await StartDoorAsync();
    }

    /// <summary>A door at the address that the last one had.</summary>
    internal async Task StartDoorAsync()
    {
        _door = DoorHost.Build(new()
        {
            Manager = Manager.Address,
            Node = "node-1",
            Listen = [Address],
            App = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_appPort}"),
            AppToken = AppToken,
            DaprdHttp = new(Daprd.HttpAddress),
            DaprdGrpc = new(Daprd.GrpcAddress),
            DaprdToken = DaprdToken,
            Router = new(Router.Address),
            PassMethods = ["SubscribeTopicEventsAlpha1", "SetMetadata"],
        });
        await _door.StartAsync(CancellationToken.None);
        await Until.TrueAsync(() => DoorHost.TroubleOf(_door) is null, "the door is of use");
    }

    /// <summary>The door ends, and does not wait for anything.</summary>
    internal async Task KillDoorAsync()
    {
        try
        {
            await _door!.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // As it was told.
        }

        await _door!.DisposeAsync();
        _door = null;
    }

    /// <summary>A function that has an instance.</summary>
    /// <returns>Dapr's own client, as the instance has it.</returns>
    internal DaprClient Function(string name, DaprAccess access, string @namespace = "shop")
    {
        Manager.Function(name, access, @namespace);
        return Client(Manager.Instance(name, @namespace));
    }

    /// <summary>Dapr's own client with a token.</summary>
    internal DaprClient Client(string token)
    {
        var client = new DaprClientBuilder().UseHttpEndpoint(Address).UseGrpcEndpoint(Address).UseDaprApiToken(token).Build();
        lock (_clients)
        {
            _clients.Add(client);
        }

        return client;
    }

    /// <summary>Dapr's gRPC API through the door, as code made from its protocol has it.</summary>
    internal (Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient Client, Metadata Token) Grpc(string token)
    {
        var channel = GrpcChannel.ForAddress(Address, new() { HttpHandler = _sockets, DisposeHttpClient = false });
        return (new(channel), new() { { "dapr-api-token", token } });
    }

    /// <summary>A call of Dapr's HTTP API through the door.</summary>
    internal async Task<(int Status, string Body)> SendAsync(string method, string target, string? token, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(Address + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (token is not null)
        {
            request.Headers.Add("dapr-api-token", token);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await Http.SendAsync(request, Test);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Test));
    }

    /// <summary>What daprd says of itself, past the door.</summary>
    internal async Task<string> DaprdMetadataAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Daprd.HttpAddress}/v1.0/metadata");
        request.Headers.Add("dapr-api-token", DaprdToken);
        using var response = await Http.SendAsync(request, Test);
        return await response.Content.ReadAsStringAsync(Test);
    }

    /// <summary>A call of the door as if it were an application.</summary>
    /// <returns>The answer's status.</returns>
    internal async Task<int> AppAsync(string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new(method), string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_appPort}{path}"));
        if (token is not null)
        {
            request.Headers.Add("dapr-api-token", token);
        }

        using var response = await Http.SendAsync(request, Test);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (_door is not null)
        {
            await KillDoorAsync();
        }

        Behind?.Dispose();
        Http?.Dispose();
        _sockets.Dispose();
        if (Daprd is not null)
        {
            await Daprd.DisposeAsync();
        }

        await Router.DisposeAsync();
        await Manager.DisposeAsync();
        if (Redis is not null)
        {
            await _redis!.DisposeAsync();
            await Redis.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
