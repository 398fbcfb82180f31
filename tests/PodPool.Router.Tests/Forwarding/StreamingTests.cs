using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Forwarding;

public sealed class StreamingTests
{
    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_protocol_of_the_caller_is_the_functions(string version)
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));

        var seen = await Seen.ReadAsync(await ClientOf(platform, version).PostAsync("/default/echo/x", new StringContent("body"), Platform.Cancelled));

        Assert.Equal(("POST", "/x", "body"), (seen.Method, seen.Target, seen.Body));
        Assert.Equal(version == "1.1" ? "HTTP/1.1" : "HTTP/2", seen.Protocol);
    }

    [Fact]
    public async Task Bodies_stream_both_ways_at_once()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("mirror", 10, await platform.PodAsync("mirror-1", async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await context.Request.BodyReader.CopyToAsync(context.Response.Body, context.RequestAborted);
        }));
        using var content = new Written();
        using var request = Versioned(new(HttpMethod.Post, "/default/mirror/") { Content = content }, "2.0");

        using var response = await platform.Http2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Platform.Cancelled);
        await using var body = await response.Content.ReadAsStreamAsync(Platform.Cancelled);

        // Each byte comes back before the next one goes.
        foreach (var letter in "abc"u8.ToArray())
        {
            await content.WriteAsync([letter]);
            var back = new byte[1];
            await body.ReadExactlyAsync(back, Platform.Cancelled);
            Assert.Equal(letter, back[0]);
        }

        content.Complete();
        Assert.Equal(0, await body.ReadAsync(new byte[1], Platform.Cancelled));
    }

    [Fact]
    public async Task A_body_in_chunks_reaches_the_function_as_it_is_sent()
    {
        await using var platform = await Platform.StartAsync();
        var seen = new Events<string>();
        await platform.DeployAsync("sink", 10, await platform.PodAsync("sink-1", async context =>
        {
            var buffer = new byte[64];
            for (int count; (count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                seen.Add(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }));
        using var content = new Written();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/default/sink/") { Content = content };

        var call = platform.Http.SendAsync(request, Platform.Cancelled);
        foreach (var part in new[] { "one", "two", "three" })
        {
            await content.WriteAsync(Encoding.UTF8.GetBytes(part));
            await seen.WaitForAsync(arrived => arrived == part);
        }

        content.Complete();
        Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_head_of_a_response_does_not_wait_for_its_body(string version)
    {
        await using var platform = await Platform.StartAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await platform.DeployAsync("late", 10, await platform.PodAsync("late-1", async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await go.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("body", context.RequestAborted);
        }));

        using var response = await ClientOf(platform, version)
            .GetAsync("/default/late/", HttpCompletionOption.ResponseHeadersRead, Platform.Cancelled)
            .WaitAsync(TimeSpan.FromSeconds(10), Platform.Cancelled);
        go.SetResult();

        Assert.Equal("body", await response.Content.ReadAsStringAsync(Platform.Cancelled));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Server_sent_events_arrive_as_they_are_sent(string version)
    {
        await using var platform = await Platform.StartAsync();
        var next = new SemaphoreSlim(0);
        await platform.DeployAsync("events", 10, await platform.PodAsync("events-1", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await next.WaitAsync(context.RequestAborted);
            }
        }));

        using var response = await ClientOf(platform, version).GetAsync("/default/events/", HttpCompletionOption.ResponseHeadersRead, Platform.Cancelled);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Platform.Cancelled));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(Platform.Cancelled));
            Assert.Equal("", await reader.ReadLineAsync(Platform.Cancelled));
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync(Platform.Cancelled));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task WebSockets_pass(string version)
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("talk", 10, await platform.PodAsync("talk-1", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        }));
        using var client = new ClientWebSocket { Options = { HttpVersion = new(version), HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact } };

        await client.ConnectAsync(new("ws://127.0.0.1:8080/default/talk/"), ClientOf(platform, version), Platform.Cancelled);
        var answer = new byte[1024];
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes($"message {i}"), WebSocketMessageType.Text, true, Platform.Cancelled);
            var received = await client.ReceiveAsync(answer.AsMemory(), Platform.Cancelled);
            Assert.Equal($"message {i}", Encoding.UTF8.GetString(answer, 0, received.Count));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Platform.Cancelled);
        Assert.Equal("bye", client.CloseStatusDescription);
        await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 1 });
        await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 0, Sequence: > 1 });
    }

    [Fact]
    public async Task A_first_request_may_be_a_WebSocket()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("talk");
        platform.StartOnAcquire(route, async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        });
        using var client = new ClientWebSocket();

        await client.ConnectAsync(new("ws://127.0.0.1:8080/default/talk/"), platform.Http, Platform.Cancelled);
        var answer = new byte[16];
        var received = await client.ReceiveAsync(answer.AsMemory(), Platform.Cancelled);

        Assert.Equal("hello", Encoding.UTF8.GetString(answer, 0, received.Count));
    }

    [Fact]
    public async Task GRPC_passes_with_trailers_errors_and_streams_in_both_directions()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("grpc", 10, await platform.PodAsync("grpc-1", _ => Task.CompletedTask));
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:8080", new() { HttpClient = platform.Http2 });
        var client = new Pool.PoolClient(channel.Intercept("/default/grpc"));

        using var call = client.AcquireAsync(new() { RouterId = "somebody" }, cancellationToken: Platform.Cancelled);
        Assert.Equal("somebody", (await call).Instance.Id);
        Assert.Equal("somebody", call.GetTrailers().GetValue("echo-trailer"));

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.AcquireAsync(new() { RouterId = "nobody" }, cancellationToken: Platform.Cancelled));
        Assert.Equal((StatusCode.PermissionDenied, "not you"), (refused.StatusCode, refused.Status.Detail));

        using var stream = client.Connect(cancellationToken: Platform.Cancelled);
        for (var i = 0ul; i < 10; i++)
        {
            await stream.RequestStream.WriteAsync(new() { Ack = new() { Version = i } }, Platform.Cancelled);
            Assert.True(await stream.ResponseStream.MoveNext(Platform.Cancelled));
            Assert.Equal(i + 1, stream.ResponseStream.Current.Version);
        }

        await stream.RequestStream.CompleteAsync();
        Assert.False(await stream.ResponseStream.MoveNext(Platform.Cancelled));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_large_body_goes_up_and_comes_down_at_constant_memory(string version)
    {
        // Twice what memory may grow by; a test of the whole platform sends a gigabyte.
        const long size = 512L << 20;
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("big", 10, await platform.PodAsync("big-1", async context =>
        {
            var length = 0L;
            var buffer = new byte[64 << 10];
            for (int count; (count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0; length += count)
            {
                // Only counted.
            }

            await context.Response.WriteAsync($"{length}", context.RequestAborted);
        }));
        await platform.DeployAsync("down", 10, await platform.PodAsync("down-1", async context =>
        {
            var chunk = new byte[64 << 10];
            for (var sent = 0L; sent < size; sent += chunk.Length)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        }));
        var client = ClientOf(platform, version);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;

        using var up = new HttpRequestMessage(HttpMethod.Post, "/default/big/")
        {
            Content = new StreamContent(new Zeros(size, () => most = Math.Max(most, GC.GetTotalMemory(false))), 64 << 10),
        };
        using var response = await client.SendAsync(Versioned(up, version), Platform.Cancelled);
        Assert.Equal($"{size}", await response.Content.ReadAsStringAsync(Platform.Cancelled));

        using var down = await client.GetAsync("/default/down/", HttpCompletionOption.ResponseHeadersRead, Platform.Cancelled);
        await using var body = await down.Content.ReadAsStreamAsync(Platform.Cancelled);
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        var received = 0L;
        for (int count; (count = await body.ReadAsync(buffer, Platform.Cancelled)) > 0; received += count)
        {
            most = Math.Max(most, GC.GetTotalMemory(false));
        }

        Assert.Equal(size, received);

        // Client, router and pod are all in this process, and garbage is in the number too.
        Assert.InRange(most - before, long.MinValue, 256L << 20);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_caller_who_leaves_ends_its_request_in_the_function(string version)
    {
        await using var platform = await Platform.StartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await platform.DeployAsync("slow", 10, await platform.PodAsync("slow-1", async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }));
        using var leave = new CancellationTokenSource();

        var call = ClientOf(platform, version).GetAsync("/default/slow/", leave.Token);
        await begun.Task.WaitAsync(Platform.Cancelled);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10), Platform.Cancelled);
        await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 1 });
        await platform.Manager.Loads.WaitForAsync(load => load is { InFlight: 0, Sequence: > 1 });
    }

    [Fact]
    public async Task A_response_that_breaks_off_breaks_off_for_the_caller()
    {
        await using var platform = await Platform.StartAsync();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await platform.DeployAsync("half", 10, await platform.PodAsync("half-1", async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await arrived.Task.WaitAsync(context.RequestAborted);
            context.Abort();
        }));

        using var response = await platform.Http.GetAsync("/default/half/", HttpCompletionOption.ResponseHeadersRead, Platform.Cancelled);

        await using var body = await response.Content.ReadAsStreamAsync(Platform.Cancelled);
        await body.ReadExactlyAsync(new byte[4], Platform.Cancelled);
        arrived.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(new byte[96], Platform.Cancelled));
    }

    [Fact]
    public async Task An_answer_before_the_body_is_read_reaches_the_caller()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("early", 10, await platform.PodAsync("early-1", context =>
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return context.Response.WriteAsync("too much");
        }));

        using var response = await platform.Http.PostAsync("/default/early/", new ByteArrayContent(new byte[200 << 10]), Platform.Cancelled);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("too much", await response.Content.ReadAsStringAsync(Platform.Cancelled));
    }

    private static HttpClient ClientOf(Platform platform, string version) => version == "1.1" ? platform.Http : platform.Http2;

    private static HttpRequestMessage Versioned(HttpRequestMessage request, string version)
    {
        request.Version = new(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return request;
    }

    /// <summary>A body of unknown length that the test writes, piece by piece.</summary>
    private sealed class Written : HttpContent
    {
        private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

        public ValueTask WriteAsync(byte[] piece) => _pieces.Writer.WriteAsync(piece, Platform.Cancelled);

        public void Complete() => _pieces.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync(Platform.Cancelled);
            await foreach (var piece in _pieces.Reader.ReadAllAsync(Platform.Cancelled))
            {
                await stream.WriteAsync(piece, Platform.Cancelled);
                await stream.FlushAsync(Platform.Cancelled);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Bytes that are made as they are read.</summary>
    private sealed class Zeros(long length, Action onRead) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var now = (int)Math.Min(count, _left);
            _left -= now;
            onRead();
            return now;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
