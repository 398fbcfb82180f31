using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Tests.Peers;

/// <summary>A real server that behaves as a pod does towards the router: it serves one instance id, and says so when another is meant.</summary>
internal sealed class TestPod : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _running;
    private int _most;
    private int _served;

    private TestPod(string id, string address, RequestDelegate function)
    {
        Id = id;
        Address = address;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenCleartext(PodAddress.Parse(address));
        });
        builder.Services.AddCleartextListener();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Use(ServeAsync);
        _app.UseRouting();
        _app.MapGrpcService<GrpcEcho>();
        _app.Map("{**path}", function);
    }

    public string Id { get; }

    public string Address { get; }

    /// <summary>Requests that reached the function.</summary>
    public int Served => Volatile.Read(ref _served);

    /// <summary>The most requests that ran at once.</summary>
    public int Most => Volatile.Read(ref _most);

    /// <summary>The pod drains: it takes no more requests.</summary>
    public bool IsDraining { get; set; }

    /// <summary>What the router is told of it.</summary>
    public Contracts.V1.Instance Wire => new() { Id = Id, Address = Address, Revision = "r1", Start = Start };

    /// <summary>How the router is told that it came to be; null: it was there before.</summary>
    public InstanceStart? Start { get; set; }

    public static async Task<TestPod> StartAsync(string id, string address, RequestDelegate function)
    {
        var pod = new TestPod(id, address, function);
        await pod._app.StartAsync(TestContext.Current.CancellationToken);
        return pod;
    }

    /// <summary>Ends it as a killed process ends: connections are cut.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers[WireHeaders.Instance] != Id)
        {
            Refuse(context, StatusCodes.Status421MisdirectedRequest, Reason.NotThisInstance);
            return;
        }

        if (IsDraining)
        {
            Refuse(context, StatusCodes.Status503ServiceUnavailable, Reason.ShuttingDown);
            return;
        }

        Interlocked.Increment(ref _served);
        var running = Interlocked.Increment(ref _running);
        for (var most = Most; running > most; most = Most)
        {
            Interlocked.CompareExchange(ref _most, running, most);
        }

        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private static void Refuse(HttpContext context, int status, Reason reason)
    {
        context.Response.StatusCode = status;
        context.Response.Headers[WireHeaders.Reason] = reason.WireName();
    }
}
