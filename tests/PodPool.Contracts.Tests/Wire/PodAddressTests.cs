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

    [Theory]
    [InlineData("https://127.0.0.1:8443", "127.0.0.1:8443", true)]
    [InlineData("HTTPS://10.1.2.3:443/", "10.1.2.3:443", true)]
    [InlineData("https://[fd00::1]:8081", "[fd00::1]:8081", true)]
    [InlineData("http://10.1.2.3:443", "10.1.2.3:443", false)]
    [InlineData("unix:/run/https.sock", "/run/https.sock", false)]
    public void Who_can_speak_TLS_learns_whether_it_is_meant(string address, string expected, bool expectedTls)
    {
        Assert.Equal(expected, PodAddress.Parse(address, out var tls).ToString());
        Assert.Equal(expectedTls, tls);
    }

    [Fact]
    public void Who_cannot_speak_TLS_refuses_an_address_that_asks_for_it()
        => Assert.Contains(", there is no TLS here: write unix:/path or http://host:port,", Assert.Throws<FormatException>(() => PodAddress.Parse("https://127.0.0.1:8080")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("https://", "it names no host")]
    [InlineData("https://:443", "it names no host")]
    [InlineData("https://127.0.0.1:8081/path", "it has a path")]
    [InlineData("https://127.0.0.1:8081?a", "it has a query")]
    [InlineData("https://127.0.0.1:8081#", "it has a fragment")]
    [InlineData("https://me@127.0.0.1:8081", "it has a user in it")]
    [InlineData("https://127.0.0.1", "it has no port")]
    [InlineData("https://127.0.0.1:", "it has no port")]
    [InlineData("https://[::1]", "it has no port")]
    [InlineData("https://pod.example.com:8081", "the host 'pod.example.com' is no IP address")]
    [InlineData("tls://127.0.0.1:8081", "it is neither a socket nor http")]
    public void An_https_address_is_as_strict_as_an_http_one(string address, string fault)
        => Assert.Contains(
            $", {fault}: write unix:/path, http://host:port or https://host:port", Assert.Throws<FormatException>(() => PodAddress.Parse(address, out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_unix_address_is_a_path()
        => Assert.Equal("/run/pod.sock", Assert.IsType<UnixDomainSocketEndPoint>(PodAddress.Parse(PodAddress.OfSocket("/run/pod.sock"))).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("/run/pod.sock")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("https://127.0.0.1:8080")]
    [InlineData("http://")]
    [InlineData("http://:80")]
    [InlineData("http:///127.0.0.1:8080")]
    [InlineData(@"http:\\127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://pod.example.com:80")]
    public void Anything_else_is_refused_with_what_to_write(string address)
        => Assert.Contains("unix:/path or http://host:port", Assert.Throws<FormatException>(() => PodAddress.Parse(address)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:8080/path", "it has a path")]
    [InlineData("http://127.0.0.1:8080//", "it has a path")]
    [InlineData("http://127.0.0.1:8080?a=b", "it has a query")]
    [InlineData("http://127.0.0.1:8080/?a", "it has a query")]
    [InlineData("http://127.0.0.1:8080?", "it has a query")]
    [InlineData("http://127.0.0.1:8080#a", "it has a fragment")]
    [InlineData("http://me@127.0.0.1:8080", "it has a user in it")]
    [InlineData("http://@127.0.0.1:8080", "it has a user in it")]
    [InlineData("http://me:secret@127.0.0.1", "it has a user in it")]
    [InlineData("http://127.0.0.1", "it has no port")]
    [InlineData("http://127.0.0.1/", "it has no port")]
    [InlineData("http://127.0.0.1:", "it has no port")]
    [InlineData("http://localhost", "it has no port")]
    [InlineData("http://[::1]", "it has no port")]
    [InlineData("http://[::1]:/", "it has no port")]
    [InlineData("http://pod.example.com:80", "the host 'pod.example.com' is no IP address")]
    public void What_no_listener_has_is_refused_by_name(string address, string fault)
        => Assert.Contains($", {fault}: ", Assert.Throws<FormatException>(() => PodAddress.Parse(address)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_longest_path_of_a_socket_is_the_systems_and_one_more_byte_is_refused()
    {
        // Two bytes a letter: what counts is bytes.
        var longest = "/" + new string('ö', (PodAddress.LongestSocketPath - 1) / 2) + ((PodAddress.LongestSocketPath % 2) == 0 ? "o" : "");

        Assert.IsType<UnixDomainSocketEndPoint>(PodAddress.Parse(PodAddress.OfSocket(longest)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UnixDomainSocketEndPoint(longest + "x"));
        var refused = Assert.Throws<FormatException>(() => PodAddress.Parse(PodAddress.OfSocket(longest + "x")));
        Assert.Contains($"has {PodAddress.LongestSocketPath + 1} bytes, and that of a Unix socket may have {PodAddress.LongestSocketPath}", refused.Message, StringComparison.Ordinal);
    }

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
