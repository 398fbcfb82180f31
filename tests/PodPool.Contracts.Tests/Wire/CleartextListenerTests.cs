using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Contracts.Tests.Wire;

public sealed class CleartextListenerTests : IAsyncDisposable
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-cleartext-");
    private readonly List<WebApplication> _apps = [];

    public static TheoryData<bool> Transports => [true, false];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Both_protocols_are_served_on_one_address(bool unix)
    {
        var address = await ListenAsync(unix);
        using var http1 = Client(address, HttpVersion.Version11);
        using var http2 = Client(address, HttpVersion.Version20);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("HTTP/1.1", await http1.GetStringAsync("/", Cancelled));
            Assert.Equal("HTTP/2", await http2.GetStringAsync("/", Cancelled));
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task GRPC_is_served_where_plain_HTTP_is(bool unix)
    {
        var address = await ListenAsync(unix);
        using var http2 = Client(address, HttpVersion.Version20);
        using var channel = GrpcChannel.ForAddress("http://localhost", new() { HttpClient = http2 });
        var client = new Pool.PoolClient(channel);

        Assert.Equal("me", (await client.AcquireAsync(new() { RouterId = "me" }, cancellationToken: Cancelled)).Instance.Id);
        using var stream = client.Connect(cancellationToken: Cancelled);
        for (var i = 1ul; i < 5; i++)
        {
            await stream.RequestStream.WriteAsync(new() { Ack = new() { Version = i } }, Cancelled);
            Assert.True(await stream.ResponseStream.MoveNext(Cancelled));
            Assert.Equal(i, stream.ResponseStream.Current.Version);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(23)]
    [InlineData(24)]
    public async Task The_preface_may_come_in_pieces(int piece)
    {
        var address = await ListenAsync(unix: true);
        await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
        var bytes = Encoding.ASCII.GetBytes(Preface);
        for (var sent = 0; sent < bytes.Length; sent += piece)
        {
            await stream.WriteAsync(bytes.AsMemory(sent, Math.Min(piece, bytes.Length - sent)), Cancelled);
            await stream.FlushAsync(Cancelled);
        }

        // An empty SETTINGS frame of ours; the server's begins with its length (three bytes) and its type, 4.
        await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, Cancelled);
        var frame = new byte[9];
        await stream.ReadExactlyAsync(frame, Cancelled);
        Assert.Equal(4, frame[3]);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 7)]
    [InlineData("PRI / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1)]
    [InlineData("P /PRI HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 2)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", 3)]
    public async Task What_only_begins_like_the_preface_is_HTTP_1(string request, int piece)
    {
        var address = await ListenAsync(unix: true);
        await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
        foreach (var part in Encoding.ASCII.GetBytes(request).Chunk(piece))
        {
            await stream.WriteAsync(part, Cancelled);
        }

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(Cancelled);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.EndsWith("HTTP/1.1", answer.TrimEnd('\r', '\n', '0'), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r")]
    [InlineData("GET / HT")]
    public async Task A_connection_that_ends_early_does_no_harm(string sent)
    {
        var address = await ListenAsync(unix: true);
        for (var i = 0; i < 10; i++)
        {
            await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(sent), Cancelled);
        }

        using var client = Client(address, HttpVersion.Version11);
        Assert.Equal("HTTP/1.1", await client.GetStringAsync("/", Cancelled));
    }

    [Theory]
    [InlineData("", nameof(KestrelServerLimits.KeepAliveTimeout))]
    [InlineData("P", nameof(KestrelServerLimits.RequestHeadersTimeout))]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", nameof(KestrelServerLimits.RequestHeadersTimeout))]
    public async Task A_connection_that_stays_silent_is_ended_after_the_timeout_that_Kestrel_has_for_that(string sent, string limit)
    {
        var time = new FakeTimeProvider();
        var address = await ListenAsync(unix: true, time, limits: limits =>
        {
            // The other one never comes.
            if (limit == nameof(limits.KeepAliveTimeout))
            {
                limits.RequestHeadersTimeout = Timeout.InfiniteTimeSpan;
            }
            else
            {
                limits.KeepAliveTimeout = Timeout.InfiniteTimeSpan;
            }
        });
        await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(sent), Cancelled);

        var end = stream.ReadAsync(new byte[1], Cancelled).AsTask();
        for (var minutes = 0; !end.IsCompleted && minutes < 2000; minutes++)
        {
            // The clock may have been read before or after the connection was taken: so it goes on until it ends.
            time.Advance(TimeSpan.FromSeconds(60));
            await Task.WhenAny(end, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled));
        }

        Assert.True(end.IsCompleted, "nobody ended it");
        Assert.Equal(0, await end);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_server_that_stops_ends_what_runs_and_waits_for_nobody_who_is_silent(string version)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var address = await ListenAsync(unix: true, function: async context =>
        {
            begun.SetResult();
            await release.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("ended");

            // A client of HTTP/2 that writes of its own (it measures the connection) as the server closes loses what it has not read yet.
            await heard.Task.WaitAsync(context.RequestAborted);
        });
        await using var silent = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
        await using var halfSaid = await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled);
        await halfSaid.WriteAsync("PRI * "u8.ToArray(), Cancelled);
        using var client = Client(address, new(version));
        var running = client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Cancelled);
        await begun.Task.WaitAsync(Cancelled);

        var stopping = _apps[0].StopAsync(Cancelled);

        // They are ended before the running request is.
        Assert.Equal(0, await silent.ReadAsync(new byte[1], Cancelled));
        Assert.Equal(0, await halfSaid.ReadAsync(new byte[1], Cancelled));
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        using var answer = await running;
        var said = new byte["ended".Length];
        await using var body = await answer.Content.ReadAsStreamAsync(Cancelled);
        await body.ReadExactlyAsync(said, Cancelled);
        Assert.Equal("ended"u8, said);
        Assert.False(stopping.IsCompleted);
        heard.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Cancelled);
        await Assert.ThrowsAnyAsync<SocketException>(async () => await PodAddress.ConnectAsync(PodAddress.Parse(address), Cancelled));
    }

    [Fact]
    public async Task Many_connections_of_both_kinds_at_once()
    {
        var address = await ListenAsync(unix: false);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var version = i % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20;
            using var client = Client(address, version);
            for (var n = 0; n < 5; n++)
            {
                Assert.Equal(i % 2 == 0 ? "HTTP/1.1" : "HTTP/2", await client.GetStringAsync("/", Cancelled));
            }
        }));
    }

    [Fact]
    public async Task The_server_says_one_real_address_for_each_endpoint()
    {
        await ListenAsync(unix: false);

        var addresses = ((IApplicationBuilder)_apps[0]).ServerFeatures.Get<IServerAddressesFeature>()!.Addresses.Where(CleartextListener.IsRealAddress).ToList();

        Assert.NotEqual(0, new Uri(Assert.Single(addresses)).Port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<string> ListenAsync(bool unix, TimeProvider? time = null, RequestDelegate? function = null, Action<KestrelServerLimits>? limits = null)
    {
        var address = unix ? PodAddress.OfSocket(Path.Combine(_folder.FullName, "s.sock")) : "http://127.0.0.1:0";
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            limits?.Invoke(kestrel.Limits);
            kestrel.ListenCleartext(PodAddress.Parse(address));
        });
        builder.Services.AddCleartextListener();
        builder.Services.AddCleartextListener();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        var app = builder.Build();
        _apps.Add(app);
        app.UseRouting();
        app.MapGrpcService<Echo>();
        app.Map("{**path}", function ?? (context => context.Response.WriteAsync(context.Request.Protocol)));
        await app.StartAsync(Cancelled);
        return unix ? address : ((IApplicationBuilder)app).ServerFeatures.Get<IServerAddressesFeature>()!.Addresses.First(CleartextListener.IsRealAddress);
    }

    private static HttpClient Client(string address, Version version) => new(new SocketsHttpHandler
    {
        ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(PodAddress.Parse(address), cancellationToken),
    })
    {
        BaseAddress = new("http://localhost"),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private sealed class Echo : Pool.PoolBase
    {
        public override Task<AcquireResponse> Acquire(AcquireRequest request, ServerCallContext context)
            => Task.FromResult(new AcquireResponse { Instance = new() { Id = request.RouterId } });

        public override async Task Connect(
            IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                await responseStream.WriteAsync(new() { Version = requestStream.Current.Ack.Version }, context.CancellationToken);
            }
        }
    }
}
