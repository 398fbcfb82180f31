using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>The loaders of all pods behind one socket: all of 127/8 is this machine, so the address that was dialled tells which pod is meant.</summary>
internal sealed class PodSocket : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ClusterPod> _pods = new();
    private readonly WebApplication _app;
    private int _addresses;

    private PodSocket()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Any, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<Loaders>();
    }

    /// <summary>On every address.</summary>
    public int Port { get; private set; }

    public static async Task<PodSocket> StartAsync()
    {
        var socket = new PodSocket();
        await socket._app.StartAsync(TestContext.Current.CancellationToken);
        socket.Port = new Uri(socket._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return socket;
    }

    /// <summary>An address that no pod has, had or will have.</summary>
    public string NewAddress()
    {
        var number = Interlocked.Increment(ref _addresses);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"127.{78 + (number / 62_500)}.{number / 250 % 250}.{(number % 250) + 1}");
    }

    /// <summary>A pod answers at its address, until it ends.</summary>
    public void Add(ClusterPod pod)
    {
        _pods[pod.Address] = pod;
        pod.Ended.UnsafeRegister(_ => _pods.TryRemove(pod.Address, out ClusterPod? _), null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private sealed class Loaders(PodSocket socket) : Contracts.V1.Loader.LoaderBase
    {
        public override async Task Status(StatusRequest request, IServerStreamWriter<PodStatus> responseStream, ServerCallContext context)
        {
            var pod = PodOf(context);
            while (!context.CancellationToken.IsCancellationRequested)
            {
                var (status, next) = pod.Now;
                await responseStream.WriteAsync(status);
                await next.WaitAsync(context.CancellationToken);
            }
        }

        public override async Task<SpecializeResponse> Specialize(IAsyncStreamReader<SpecializeRequest> requestStream, ServerCallContext context)
        {
            var pod = PodOf(context);
            await requestStream.MoveNext(context.CancellationToken);
            pod.Loses(context);
            var response = await pod.SpecializeAsync(requestStream.Current.Header);
            pod.Loses(context);
            return response;
        }

        public override Task<DrainResponse> Drain(DrainRequest request, ServerCallContext context)
        {
            var pod = PodOf(context);
            pod.Drain();
            return Task.FromResult(new DrainResponse());
        }

        /// <summary>Nobody at the address, or a pod that ends: the connection breaks.</summary>
        private ClusterPod PodOf(ServerCallContext context)
        {
            var http = context.GetHttpContext();
            if (!socket._pods.TryGetValue(http.Connection.LocalIpAddress!.ToString(), out var pod))
            {
                http.Abort();
                throw new OperationCanceledException();
            }

            var ending = pod.Ended.UnsafeRegister(static http => ((HttpContext)http!).Abort(), http);
            http.Response.RegisterForDispose(ending);
            return pod;
        }
    }
}
