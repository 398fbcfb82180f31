using PodPool.Cli.Local;

namespace PodPool.Cli.Tests.Local;

public sealed class ManagerSocketTests
{
    [Fact]
    public void The_socket_is_in_the_state_folder()
        => Assert.Equal("/home/ada/.local/state/podpool/manager.sock", ManagerSocket.PathFor("/home/ada/.local/state/podpool"));

    [Fact]
    public void A_deep_state_folder_gets_a_socket_of_its_own_that_the_system_takes()
    {
        var (one, other) = ("/" + new string('a', 200), "/" + new string('b', 200));

        Assert.InRange(ManagerSocket.PathFor(one).Length, 1, 107);
        Assert.NotEqual(ManagerSocket.PathFor(one), ManagerSocket.PathFor(other));
    }
}
