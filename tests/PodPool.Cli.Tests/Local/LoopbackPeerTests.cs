using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using PodPool.Cli.Local;

namespace PodPool.Cli.Tests.Local;

public sealed class LoopbackPeerTests
{
    private static readonly string[] Table =
    [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000000000000000 100 0 0 10 0",
        "   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 12 1 0000000000000000 20 4 30 10 -1",
        "   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     7        0 13 1 0000000000000000 20 4 30 10 -1",
        "   3: 0000000000000000FFFF00000100007F:C002 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 14 1 0000000000000000 20 4 30 10 -1",
    ];

    [Theory]
    [InlineData(0xC001, 1001u)]
    [InlineData(0xC002, 1002u)]
    public void The_user_is_that_of_the_callers_end(int port, uint user)
        => Assert.Equal(user, LoopbackPeer.UserOf(Table, new(IPAddress.Loopback, port), new(IPAddress.Loopback, 8080)));

    [Fact]
    public void A_connection_that_is_not_in_the_table_has_no_user()
        => Assert.Null(LoopbackPeer.UserOf(Table, new(IPAddress.Loopback, 0xC003), new(IPAddress.Loopback, 8080)));

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task A_connection_of_this_very_process_is_this_users(AddressFamily family)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var caller = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family == AddressFamily.InterNetworkV6)
        {
            caller.DualMode = true;
        }

        await caller.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var here = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        var (remote, local) = ((IPEndPoint)here.RemoteEndPoint!, (IPEndPoint)here.LocalEndPoint!);
        var connection = new DefaultHttpContext().Connection;
        (connection.RemoteIpAddress, connection.RemotePort) = (remote.Address, remote.Port);
        (connection.LocalIpAddress, connection.LocalPort) = (local.Address, local.Port);

        Assert.True(LoopbackPeer.IsThisUser(connection));
    }
}
