using System.Diagnostics;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;

namespace PodPool.Cli.Tests.Server;

public sealed class ServerAddressTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    [Fact]
    public void The_option_wins_over_the_variable_over_a_running_platform_over_the_default()
    {
        Assert.Equal("http://127.0.0.1:8080", ServerAddress.Resolve(null, _terminal.Terminal).Text);
        Assert.True(ServerAddress.Resolve(null, _terminal.Terminal).IsDefault);

        using var announced = new LocalServers(_terminal.Terminal.Environment).Announce("unix:/run/manager.sock", "http://127.0.0.1:9", "/state");
        Assert.Equal("unix:/run/manager.sock", ServerAddress.Resolve(null, _terminal.Terminal).Text);

        _terminal["PODPOOL_SERVER"] = "http://10.0.0.1:8080";
        Assert.Equal("http://10.0.0.1:8080", ServerAddress.Resolve(null, _terminal.Terminal).Text);

        Assert.Equal("https://manager.example", ServerAddress.Resolve("https://manager.example", _terminal.Terminal).Text);
    }

    [Theory]
    [InlineData("ftp://somewhere")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:8080/some/path")]
    [InlineData("unix:relative.sock")]
    public void What_is_no_address_is_refused_by_the_name_of_who_named_it(string address)
    {
        _terminal["PODPOOL_SERVER"] = address;

        var refused = Assert.Throws<CliException>(() => ServerAddress.Resolve(null, _terminal.Terminal));

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.StartsWith("PODPOOL_SERVER", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_announcement_is_gone_with_its_platform()
    {
        var servers = new LocalServers(_terminal.Terminal.Environment);

        servers.Announce("unix:/run/manager.sock", "http://127.0.0.1:9", "/state").Dispose();

        Assert.Null(servers.FindNewest());
    }

    [Fact]
    public void What_a_killed_platform_left_is_skipped_and_removed()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_terminal.Folder, "run", "podpool", "servers")).FullName;

        // This very process, but started at another time: a process id that is used again.
        var file = Path.Combine(folder, $"{Environment.ProcessId}.json");
        File.WriteAllText(file, $$"""{"processId":{{Environment.ProcessId}},"processStart":"2001-01-01T00:00:00Z","operator":"unix:/a","router":"http://a","state":"/a"}""");

        Assert.Null(new LocalServers(_terminal.Terminal.Environment).FindNewest());
        Assert.False(File.Exists(file));
    }

    public void Dispose() => _terminal.Dispose();
}
