using System.Net;
using System.Net.Sockets;
using PodPool.Contracts.Wire;

namespace PodPool.Contracts.Tests.Wire;

public sealed class PodAddressTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("http://10.1.2.3:80/", "10.1.2.3:80")]
    [InlineData("http://[::1]:9000", "[::1]:9000")]
    [InlineData("http://localhost:5000", "127.0.0.1:5000")]
    [InlineData("http://0.0.0.0:0", "0.0.0.0:0")]
    public void An_http_address_is_an_IP_address_and_a_port(string address, string expected)
        => Assert.Equal(expected, Assert.IsType<IPEndPoint>(PodAddress.Parse(address)).ToString());

    [Fact]
    public void A_unix_address_is_a_path()
        => Assert.Equal("/run/pod.sock", Assert.IsType<UnixDomainSocketEndPoint>(PodAddress.Parse(PodAddress.OfSocket("/run/pod.sock"))).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("/run/pod.sock")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("https://127.0.0.1:8080")]
    [InlineData("http://pod.example.com:80")]
    public void Anything_else_is_refused_with_what_to_write(string address)
        => Assert.Contains("unix:/path or http://host:port", Assert.Throws<FormatException>(() => PodAddress.Parse(address)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_full_backlog_of_a_Unix_socket_is_waited_for()
    {
        var folder = Directory.CreateTempSubdirectory("podpool-address-");
        try
        {
            var endPoint = new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "s.sock"));
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(endPoint);
            listener.Listen(0);
            await using var first = await PodAddress.ConnectAsync(endPoint, Cancelled);
            var second = PodAddress.ConnectAsync(endPoint, Cancelled).AsTask();
            Assert.False(second.IsCompleted);

            using var accepted = await listener.AcceptAsync(Cancelled);
            using var next = await listener.AcceptAsync(Cancelled);

            await (await second).DisposeAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Nobody_there_is_an_error_at_once()
        => await Assert.ThrowsAnyAsync<SocketException>(
            async () => await PodAddress.ConnectAsync(new UnixDomainSocketEndPoint($"/tmp/podpool-nobody-{Guid.NewGuid():N}.sock"), Cancelled));
}
