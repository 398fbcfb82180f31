using System.Net;
using System.Net.Sockets;
using System.Text;
using Dapr.AppCallback.Autogen.Grpc.v1;
using PodPool.DaprProxy.Inbound;

namespace PodPool.DaprProxy.Tests.Inbound;

/// <summary>What becomes of an event whose answer is not what HTTP says it should be.</summary>
public sealed class FunctionCallerTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"", EventOutcome.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"sta", EventOutcome.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", EventOutcome.Success)]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 20\r\n\r\n{\"reason\"", EventOutcome.Retry)]
    [InlineData("HTTP/1.1 20", EventOutcome.NotDelivered)]
    public async Task An_answer_that_is_cut_off_says_nothing(string answer, object expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, answer);
        using var caller = new FunctionCaller(new($"http://{listener.LocalEndpoint}"));
        var outcome = await caller.PostAsync("shop/cart", "/", new TopicEvent(new TopicEventRequest { Id = "1" }), TestContext.Current.CancellationToken);
        Assert.Equal(expected, outcome);
        await answering;
    }

    private static async Task AnswerAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var request = new byte[64 << 10];
        var length = 0;

        // The event is small: with its last brace all has come.
        while (length == 0 || request[length - 1] != (byte)'}')
        {
            length += await client.GetStream().ReadAsync(request.AsMemory(length), TestContext.Current.CancellationToken);
        }

        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
    }
}
