using System.Net.Security;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A manager with real pods, and a client that talks to it as routers and operators do.</summary>
internal sealed class ManagerUnderTest : IAsyncDisposable
{
    private readonly TemporaryFolder? _ownFolder;
    private ulong _sequence;

    private ManagerUnderTest(WebApplication host, ManagerOptions options, TemporaryFolder? ownFolder)
    {
        (Host, Options, _ownFolder) = (host, options, ownFolder);
        Client = new(options.Listen);
    }

    public static string RuntimeFolder { get; } = Path.Combine(AppContext.BaseDirectory, "runtime");

    public static CancellationToken Test => TestContext.Current.CancellationToken;

    public WebApplication Host { get; }

    public ManagerOptions Options { get; }

    public ManagerClient Client { get; }

    public PoolSet Pools => Host.Services.GetRequiredService<PoolSet>();

    public PodDirectory Pods => Host.Services.GetRequiredService<PodDirectory>();

    /// <summary>Options for a state folder; pods that are quick to replace, and nothing rehearsed, which is for speed alone.</summary>
    public static ManagerOptions OptionsFor(string folder, int warm = 1) => new()
    {
        StateFolder = Path.Combine(folder, "state"),
        RuntimeFolder = RuntimeFolder,
        Listen = "unix:" + Path.Combine(folder, "m.sock"),
        Pools = [new() { Warm = warm, RefillYield = TimeSpan.Zero }],
        Rehearse = false,
    };

    public static async Task<ManagerUnderTest> StartAsync(
        int warm = 1, Func<ManagerOptions, ManagerOptions>? change = null, TemporaryFolder? folder = null, Action<WebApplicationBuilder>? configure = null, bool wait = true)
    {
        var own = folder is null ? new TemporaryFolder() : null;
        var options = OptionsFor((folder ?? own)!.Path, warm);
        options = change?.Invoke(options) ?? options;
        var host = ManagerHost.Build(options, builder =>
        {
            builder.Logging.AddProvider(new TestOutput());
            builder.Logging.SetMinimumLevel(LogLevel.Debug);
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
            builder.Logging.AddFilter("Grpc", LogLevel.Warning);
            configure?.Invoke(builder);
        });
        await host.StartAsync(Test);
        var manager = new ManagerUnderTest(host, options, own);
        if (wait)
        {
            await manager.Client.UntilWarmAsync(options.Pools[0].Warm);
        }

        return manager;
    }

    public Task<AcquireResponse> AcquireAsync(string name, TimeSpan? timeout = null)
        => Client.AcquireAsync(name, Interlocked.Increment(ref _sequence), timeout);

    /// <summary>As when its process is killed: nothing is told to anybody, but the lock and the socket are free again.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.StopAsync(CancellationToken.None);
        await Host.DisposeAsync();
        _ownFolder?.Dispose();
    }
}

/// <summary>A client of a manager, wherever that runs.</summary>
internal sealed class ManagerClient : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="address">Where the manager listens.</param>
    /// <param name="tls">How it is called there; null: without TLS.</param>
    public ManagerClient(string address, SslClientAuthenticationOptions? tls = null)
    {
        var endPoint = PodAddress.Parse(address, out _);
        _channel = GrpcChannel.ForAddress(tls is null ? "http://manager" : "https://manager", new()
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (_, token) => tls is null ? PodAddress.ConnectAsync(endPoint, token) : InstallationTls.ConnectAsync(endPoint, tls, token),
            },
            DisposeHttpClient = true,
        });
        Pool = new(_channel);
        Operator = new(_channel);
    }

    public Contracts.V1.Pool.PoolClient Pool { get; }

    public Operator.OperatorClient Operator { get; }

    /// <summary>For what else it is asked.</summary>
    public CallInvoker Invoker => _channel.CreateCallInvoker();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static FunctionName Name(string name) => new() { Namespace = "default", Name = name };

    public async Task<AcquireResponse> AcquireAsync(string name, ulong sequence, TimeSpan? timeout = null)
    {
        var load = new FunctionLoad { Function = Name(name), Sequence = sequence, Waiting = 1 };
        return await Pool.AcquireAsync(new() { RouterId = "r", Load = load }, deadline: Deadline(timeout ?? TimeSpan.FromSeconds(30)), cancellationToken: Test);
    }

    public async Task UploadAsync(TestPackage package)
    {
        using var call = Operator.UploadFiles(cancellationToken: Test);
        foreach (var (file, bytes) in package.Files)
        {
            await call.RequestStream.WriteAsync(new() { Begin = file }, Test);
            foreach (var chunk in bytes.Chunk(1 << 20))
            {
                await call.RequestStream.WriteAsync(new() { Data = Google.Protobuf.ByteString.CopyFrom(chunk) }, Test);
            }
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    public async Task<DeployResponse> DeployAsync(string name, TestPackage package, Action<FunctionSpec>? change = null)
    {
        await UploadAsync(package);
        var spec = new FunctionSpec { Function = Name(name), Files = { package.Files.Select(file => file.File) } };
        change?.Invoke(spec);
        return await Operator.DeployAsync(new() { Spec = spec }, cancellationToken: Test);
    }

    public async Task<FunctionStatus> DescribeAsync(string name) => await Operator.DescribeFunctionAsync(Name(name), cancellationToken: Test);

    public async Task<PoolStatus> PoolAsync() => (await Operator.ListPoolsAsync(new(), cancellationToken: Test)).Pools[0];

    public Task UntilWarmAsync(int warm) => UntilAsync(pool => pool.Warm >= warm);

    /// <summary>Waits for the pool to be as it should; looks at every event.</summary>
    public async Task UntilAsync(Func<PoolStatus, bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Test);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        using var watch = Operator.Watch(new(), cancellationToken: patience.Token);
        await watch.ResponseHeadersAsync;
        while (!holds(await PoolAsync()))
        {
            await watch.ResponseStream.MoveNext(patience.Token);
        }
    }

    /// <summary>Waits until the manager counts somebody who waits for a function.</summary>
    public async Task UntilWaitingAsync(string name)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while ((await DescribeAsync(name)).Waiting == 0)
        {
            await timer.WaitForNextTickAsync(Test);
        }
    }

    public void Dispose() => _channel.Dispose();

    private static DateTime Deadline(TimeSpan timeout) => (TimeProvider.System.GetUtcNow() + timeout).UtcDateTime;
}

/// <summary>Calls an instance as a router does.</summary>
internal static class InstanceCall
{
    public static async Task<HttpResponseMessage> GetAsync(Instance instance, string path = "/")
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = (_, token) => PodAddress.ConnectAsync(PodAddress.Parse(instance.Address), token) });
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://pod" + path) { Headers = { { Contracts.WireHeaders.Instance, instance.Id } } };
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static async Task<string> TextAsync(Instance instance, string path = "/")
    {
        using var response = await GetAsync(instance, path);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
