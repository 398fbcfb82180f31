using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Http;
using PodPool.DaprProxy.Tests.Callers;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.DaprProxy.Tests.Http;

/// <summary>What came through the door.</summary>
internal sealed record Arrived(string Method, string Target, string Body, IHeaderDictionary Headers);

/// <summary>A door between a client and two servers that write down what reaches them.</summary>
internal sealed class DoorUnderTest : IAsyncDisposable
{
    public const int MaxBody = 10_000;
    public const int MaxInFlight = 3;

    private readonly List<WebApplication> _servers = [];
    private readonly Authenticator _authenticator;
    private HttpDoor? _door;

    private DoorUnderTest() => _authenticator = new(Callers, TimeProvider.System);

    public TestCallers Callers { get; } = new();

    public HttpMessageInvoker Client { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public string Address { get; private set; } = "";

    public ConcurrentQueue<Arrived> Daprd { get; } = new();

    public ConcurrentQueue<Arrived> Router { get; } = new();

    /// <summary>What daprd answers.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    public static async Task<DoorUnderTest> StartAsync()
    {
        var test = new DoorUnderTest();
        var daprd = await test.ServeAsync(context => RecordAsync(test.Daprd, context, () => test.Answer(context)));
        var router = await test.ServeAsync(context => RecordAsync(test.Router, context, () => context.Response.WriteAsync("from the function")));
        RequestDelegate? handle = null;
        test.Address = await test.ServeAsync(context => handle!(context));
        test._door = new(
            new(new(daprd), "daprd's own", new(router), MaxBody), test.NewGate(), test.Callers, test._servers[^1].Services.GetRequiredService<IHttpForwarder>());
        handle = test._door.HandleAsync;
        return test;
    }

    /// <summary>An instance of a function.</summary>
    /// <returns>Its token.</returns>
    public string Instance(DaprAccess access, string function = "cart")
        => Callers.Add(new("shop", function, "r1", $"pod-of-{function}", IPAddress.Loopback, access));

    /// <summary>daprd is gone.</summary>
    public Task StopDaprdAsync() => _servers[0].StopAsync(TestContext.Current.CancellationToken);

    public async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(string method, string target, string? token, string? body = null, params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(Address + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Content = body is null ? null : new StringContent(body);
        if (token is not null)
        {
            request.Headers.Add("dapr-api-token", token);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_servers))
        {
            await server.DisposeAsync();
        }

        _door?.Dispose();
        _authenticator.Dispose();
        Callers.Dispose();
        Client.Dispose();
    }

    private Gate NewGate()
        => new(_authenticator, new(MaxInFlight), new(_servers[^1].Services.GetRequiredService<IMeterFactory>()), TimeProvider.System);

    private async Task<string> ServeAsync(RequestDelegate handle)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        var server = builder.Build();
        server.Run(handle);
        _servers.Add(server);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server.Urls.Single();
    }

    private static async Task RecordAsync(ConcurrentQueue<Arrived> into, HttpContext context, Func<Task> answer)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        into.Enqueue(new(context.Request.Method, context.Features.Get<IHttpRequestFeature>()!.RawTarget, body, new HeaderDictionary(context.Request.Headers.ToDictionary())));
        await answer();
    }
}
