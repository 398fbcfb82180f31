using System.Net;
using System.Net.Sockets;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Api;

public sealed class ForwardTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_go_both_ways_at_once_and_come_as_they_went()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var server = await StartAsync(listener.LocalEndpoint);
        using var api = server.Connect();
        await using var stream = await api.ForwardAsync(new("ns", "pod"), 8082, Test);
        var echo = Task.Run(
            async () =>
            {
                using var socket = await listener.AcceptSocketAsync(Test);
                await using var echoed = new NetworkStream(socket);
                await echoed.CopyToAsync(echoed, Test);
            },
            Test);

        // Both at once: neither may wait for the other.
        var sent = new byte[3_000_001];
        new Random(1).NextBytes(sent);
        var received = new byte[sent.Length];
        await Task.WhenAll(stream.WriteAsync(sent, Test).AsTask(), stream.ReadExactlyAsync(received, Test).AsTask()).WaitAsync(TimeSpan.FromSeconds(60), Test);

        Assert.True(sent.AsSpan().SequenceEqual(received));
        await stream.DisposeAsync();
        await echo.WaitAsync(TimeSpan.FromSeconds(60), Test);
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_is_told_in_the_servers_words()
    {
        await using var server = await StartAsync(null);
        using var api = server.Connect();
        await using var stream = await api.ForwardAsync(new("ns", "pod"), 8082, Test);

        var failure = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Test).AsTask());

        Assert.Contains("an error occurred forwarding 8082", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_keeps_its_meaning()
    {
        await using var server = await StartAsync(null);
        using var api = server.Connect();
        Assert.Equal(ApiFailure.NotFound, (await Assert.ThrowsAsync<ApiException>(() => api.ForwardAsync(new("ns", "other"), 8082, Test))).Failure);

        server.Fail(request => request.Below == "portforward" ? new FakeFault.Refused(403, "Forbidden") : null);
        Assert.Equal(ApiFailure.Denied, (await Assert.ThrowsAsync<ApiException>(() => api.ForwardAsync(new("ns", "pod"), 8082, Test))).Failure);
    }

    private static async Task<FakeApiServer> StartAsync(EndPoint? target)
    {
        var server = await FakeApiServer.StartAsync();
        server.Forwards = (_, _) => target;
        server.Store.Create(new V1Pod { Metadata = new() { Name = "pod", NamespaceProperty = "ns" } });
        return server;
    }
}
