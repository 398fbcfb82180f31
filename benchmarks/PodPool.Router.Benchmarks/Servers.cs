using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Router.Benchmarks;

/// <summary>What is compared: a pod, a bare forwarder before it, and a whole router with a manager before it.</summary>
internal static class Servers
{
    private static readonly byte[] Hello = "{\"message\":\"hello world\"}"u8.ToArray();

    /// <summary>The value of an option that must be there.</summary>
    public static string Value(string[] args, string name)
    {
        var index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : throw new ArgumentException($"{name} needs a value; an address is unix:/path or http://ip:port");
    }

    /// <summary>The value of an option that need not be there.</summary>
    public static string Value(string[] args, string name, string otherwise) => args.Contains(name) ? Value(args, name) : otherwise;

    /// <summary>The server that both forward to.</summary>
    public static WebApplication Pod(string listen)
    {
        var app = Empty(listen);
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Hello.Length;
            return context.Response.Body.WriteAsync(Hello).AsTask();
        });
        return app;
    }

    /// <summary>What YARP does with headers unless it is told otherwise: x-forwarded-* are set.</summary>
    public const string DefaultTransforms = "default";

    /// <summary>YARP's forwarder and nothing else, set up as its documentation says.</summary>
    /// <param name="listen">Where it listens.</param>
    /// <param name="to">The pod.</param>
    /// <param name="transforms">"default", or "none": headers are copied, and nothing is said of the caller.</param>
    public static WebApplication BareYarp(string listen, string to, string transforms)
    {
        var app = Empty(listen, services => services.AddHttpForwarder());
        var endPoint = PodAddress.Parse(to);
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(endPoint, cancellationToken),
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = null,
        });
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var config = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var transformer = transforms == DefaultTransforms ? HttpTransformer.Default : HttpTransformer.Empty;
        app.Run(async context => await forwarder.SendAsync(context, "http://pod", client, config, transformer));
        return app;
    }

    /// <summary>A router, and a manager that tells it of one function with one instance: <c>/default/hello</c>.</summary>
    public static async Task<RouterStandIn> RouterAsync(string listen, string to)
    {
        var folder = Directory.CreateTempSubdirectory("podpool-bench-");
        var socket = PodAddress.OfSocket(Path.Combine(folder.FullName, "manager.sock"));
        var manager = Empty(socket, services =>
        {
            services.AddRoutingCore();
            services.AddGrpc();
            services.AddSingleton(new FunctionRoute
            {
                Function = new() { Namespace = "default", Name = "hello" },
                Concurrency = 10_000,
                Instances = { new Instance { Id = "pod", Address = to } },
            });
        }, HttpProtocols.Http2);
        manager.UseRouting();
        manager.MapGrpcService<OneRoute>();
        await manager.StartAsync();
        var router = RouterHost.Build(new() { Manager = socket, Listen = [listen] });
        await router.StartAsync();
        return new(manager, router, folder);
    }

    /// <summary>Runs until it is told to end.</summary>
    public static async Task RunAsync(WebApplication app)
    {
        await using (app)
        {
            await app.RunAsync();
        }
    }

    private static WebApplication Empty(string listen, Action<IServiceCollection>? configure = null, HttpProtocols? protocols = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (protocols is { } only)
            {
                kestrel.Listen(PodAddress.Parse(listen), endPoint => endPoint.Protocols = only);
            }
            else
            {
                kestrel.ListenCleartext(PodAddress.Parse(listen));
            }
        });
        builder.Services.AddCleartextListener();
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    private sealed class OneRoute(FunctionRoute route) : Pool.PoolBase
    {
        public override async Task Connect(
            IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new() { Version = 1, Snapshot = true, Changed = { route } }, context.CancellationToken);
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                // Loads and acknowledgements: as many as a router sends, as no real manager may be spared them.
            }
        }
    }
}

/// <summary>A router with its manager.</summary>
internal sealed class RouterStandIn(WebApplication manager, WebApplication router, DirectoryInfo folder) : IAsyncDisposable
{
    public WebApplication Router => router;

    /// <summary>Until the process is told to end.</summary>
    public Task WaitAsync() => router.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await router.DisposeAsync();
        await manager.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
