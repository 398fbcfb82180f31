using System.Diagnostics.Metrics;
using System.Net;
using Dapr.Client;
using Grpc.AspNetCore.Server.Model;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Grpc;
using PodPool.DaprProxy.Http;
using PodPool.DaprProxy.Tests.Callers;

namespace PodPool.DaprProxy.Tests.Grpc;

/// <summary>A door between Dapr's own client and a daprd in memory.</summary>
internal sealed class GrpcDoorUnderTest : IAsyncDisposable
{
    public const int MaxInFlight = 3;

    private readonly List<WebApplication> _servers = [];
    private readonly List<DaprClient> _clients = [];
    private readonly Authenticator _authenticator;
    private readonly FunctionInvocation _functions = new(new("http://127.0.0.1:9"), 4 << 20);
    private GrpcChannel? _channel;

    private GrpcDoorUnderTest() => _authenticator = new(Callers, TimeProvider.System);

    public TestCallers Callers { get; } = new();

    public MemoryDaprd Daprd { get; } = new();

    public string Address { get; private set; } = "";

    public static async Task<GrpcDoorUnderTest> StartAsync()
    {
        var test = new GrpcDoorUnderTest();
        var daprd = await test.ServeAsync<MemoryDaprd, MemoryDaprd.Methods>(test.Daprd);
        test._channel = GrpcChannel.ForAddress(daprd);
        test.Address = await test.ServeAsync<DaprService, DaprMethods>(
            new(test.NewGate(), test._channel.CreateCallInvoker(), "daprd's own", test.Callers, test._functions));
        return test;
    }

    /// <summary>Dapr's own client, as an instance of a function has it.</summary>
    public DaprClient ClientOf(string function, DaprAccess access)
        => Client(Callers.Add(new("shop", function, "r1", $"pod-of-{function}", IPAddress.Loopback, access)));

    /// <summary>Dapr's own client with a token.</summary>
    public DaprClient Client(string? token)
    {
        var builder = new DaprClientBuilder().UseGrpcEndpoint(Address).UseHttpEndpoint(Address);
        var client = (token is null ? builder : builder.UseDaprApiToken(token)).Build();
        _clients.Add(client);
        return client;
    }

    /// <summary>daprd is gone.</summary>
    public Task StopDaprdAsync() => _servers[0].StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var server in Enumerable.Reverse(_servers))
        {
            await server.DisposeAsync();
        }

        _channel?.Dispose();
        _functions.Dispose();
        _authenticator.Dispose();
        Callers.Dispose();
    }

    private Gate NewGate()
        => new(_authenticator, new(MaxInFlight), new(_servers[^1].Services.GetRequiredService<IMeterFactory>()), TimeProvider.System);

    private async Task<string> ServeAsync<TService, TMethods>(TService service)
        where TService : class
        where TMethods : class, IServiceMethodProvider<TService>
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(service);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<TService>, TMethods>());
        var server = builder.Build();
        server.MapGrpcService<TService>();
        _servers.Add(server);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server.Urls.Single();
    }
}
