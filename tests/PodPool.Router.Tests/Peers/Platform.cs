using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Following;

namespace PodPool.Router.Tests.Peers;

/// <summary>A router under test with everything round it: a manager, pods, and clients.</summary>
internal sealed class Platform : IAsyncDisposable
{
    private readonly List<TestPod> _pods = [];
    private readonly string _listen;
    private bool _isStopped;

    private Platform(Sockets sockets, RouterOptions options, TimeProvider? time, INameResolver? names)
    {
        Sockets = sockets;
        _listen = options.Listen[0];
        Manager = new(options.Manager.Split(',')[0]);
        App = RouterHost.Build(options, builder =>
        {
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            if (names is not null)
            {
                builder.Services.AddSingleton(names);
            }
        });
        Http = Client(HttpVersion.Version11);
        Http2 = Client(HttpVersion.Version20);
    }

    public Sockets Sockets { get; }

    public TestManager Manager { get; }

    public WebApplication App { get; }

    /// <summary>Speaks HTTP/1.1 to the router.</summary>
    public HttpClient Http { get; }

    /// <summary>Speaks HTTP/2 to the router.</summary>
    public HttpClient Http2 { get; }

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="configure">What is other than usual.</param>
    /// <param name="time">The router's clock.</param>
    /// <param name="withManager">Whether the manager runs already.</param>
    /// <param name="names">Who answers to the managers' names.</param>
    public static async Task<Platform> StartAsync(
        Action<RouterOptions>? configure = null, TimeProvider? time = null, bool withManager = true, INameResolver? names = null)
    {
        var sockets = new Sockets();
        var options = new RouterOptions { Manager = sockets.Next(), Listen = [sockets.Next()], ReportInterval = TimeSpan.FromMilliseconds(5) };
        configure?.Invoke(options);
        var platform = new Platform(sockets, options, time, names);
        if (withManager)
        {
            await platform.Manager.StartAsync();
        }

        await platform.App.StartAsync(Cancelled);
        if (withManager)
        {
            await platform.Manager.Acks.WaitForAsync(_ => true);
        }

        return platform;
    }

    /// <summary>A pod at a socket of its own.</summary>
    public Task<TestPod> PodAsync(string id, RequestDelegate function) => PodAsync(id, Sockets.Next(), function);

    public async Task<TestPod> PodAsync(string id, string address, RequestDelegate function)
    {
        var pod = await TestPod.StartAsync(id, address, function);
        lock (_pods)
        {
            _pods.Add(pod);
        }

        return pod;
    }

    /// <summary>Deploys a function, and waits until the router knows it.</summary>
    public async Task<FunctionRoute> DeployAsync(string name, int concurrency = 100, params TestPod[] pods)
    {
        var route = new FunctionRoute
        {
            Function = new() { Namespace = "default", Name = name },
            Revision = "r1",
            Concurrency = concurrency,
            Pool = "default",
            Instances = { pods.Select(pod => pod.Wire) },
        };
        await TellAsync(route);
        return route;
    }

    /// <summary>Tells the router of a route, and waits until it knows.</summary>
    public async Task TellAsync(FunctionRoute route)
    {
        var version = Manager.Route(route);
        await Manager.Acks.WaitForAsync(acknowledged => acknowledged >= version);
    }

    /// <summary>
    /// Answers acquires of a function with one pod after the other, each made when it is asked for. The stream tells of them with the next
    /// change only, unless it is to come first.
    /// </summary>
    public void StartOnAcquire(FunctionRoute route, RequestDelegate function, bool miss = false, bool streamFirst = false, TestManager? manager = null)
    {
        var count = 0;
        manager ??= Manager;
        manager.OnAcquire = async (_, _) =>
        {
            var pod = await PodAsync($"{route.Function.Name}-{Interlocked.Increment(ref count)}-of-{manager.Epoch}", function);

            // Far less than any request is held for that such a pod is made for.
            pod.Start = new() { Miss = miss, Phases = new() { Claim = 1, Transfer = 2, Load = 3, Start = 4 } };
            route.Instances.Add(pod.Wire);
            if (streamFirst)
            {
                await TellAsync(route);
            }

            return new() { Instance = pod.Wire };
        };
    }

    /// <summary>A client of one protocol version.</summary>
    public HttpClient Client(Version version)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(PodAddress.Parse(_listen), cancellationToken),
            EnableMultipleHttp2Connections = true,
        };
        return new(handler)
        {
            BaseAddress = new("http://127.0.0.1:8080"),
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(path, Cancelled);

    /// <summary>Sends bytes as they are, and reads until the router closes.</summary>
    public async Task<string> RawAsync(string request)
    {
        await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(_listen), Cancelled);
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), Cancelled);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancelled);
    }

    public Task StopRouterAsync()
    {
        _isStopped = true;
        return App.StopAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Http2.Dispose();
        if (!_isStopped)
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await App.StopAsync(now.Token);
        }

        await App.DisposeAsync();
        await Manager.DisposeAsync();
        foreach (var pod in _pods)
        {
            await pod.DisposeAsync();
        }

        Sockets.Dispose();
    }
}
