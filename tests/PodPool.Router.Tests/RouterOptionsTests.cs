using System.ComponentModel.DataAnnotations;

namespace PodPool.Router.Tests;

public sealed class RouterOptionsTests
{
    public static TheoryData<string, Action<RouterOptions>> Wrong => new()
    {
        { "Manager", options => options.Manager = "" },
        { "Manager", options => options.Manager = "/run/manager.sock" },
        { "Manager", options => options.Manager = "https://10.0.0.1:443" },
        { "Manager", options => options.Manager = "http://managers.example" },
        { "Manager", options => options.Manager = "unix:/run/manager.sock,https://10.0.0.1:443" },
        { "ManagerCertificate is set", options => options.ManagerCertificate = "/tls" },
        { "ManagerCertificate is not set", options => options.Manager = "https://managers.example:443" },
        { "'unix:/m' is not https", options => (options.Manager, options.ManagerCertificate) = ("https://managers.example:443,unix:/m", "/tls") },
        { "Listen", options => options.Listen = [] },
        { "Listen", options => options.Listen = ["http://router.example.com:80"] },
        { "Domains", options => options.Domains = ["a b"] },
        { "HoldLimitPerFunction", options => options.HoldLimitPerFunction = 0 },
        { "HoldLimit", options => options.HoldLimit = -1 },
        { "HoldLimitBytes", options => options.HoldLimitBytes = 1 },
        { "HoldTime", options => options.HoldTime = TimeSpan.Zero },
        { "HoldTime", options => options.HoldTime = TimeSpan.FromHours(2) },
        { "BodyBuffer", options => options.BodyBuffer = 0 },
        { "ConnectTimeout", options => options.ConnectTimeout = TimeSpan.Zero },
        { "ReportInterval", options => options.ReportInterval = TimeSpan.FromSeconds(-1) },
        { "AccessLog: '/nowhere/at/all' cannot be written", options => options.AccessLog = "/nowhere/at/all" },
        { "ShutdownTime", options => options.ShutdownTime = TimeSpan.Zero },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_is_refused_by_its_name_before_anything_starts(string name, Action<RouterOptions> spoil)
    {
        var options = new RouterOptions { Manager = "unix:/run/manager.sock" };
        spoil(options);

        Assert.Contains(name, Assert.Throws<ValidationException>(() => RouterHost.Build(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_come_from_the_command_line_and_from_the_environment_the_former_first()
    {
        var environment = new Dictionary<string, string> { ["PODPOOL_ROUTER_MANAGER"] = "unix:/a", ["PODPOOL_ROUTER_HOLD_TIME"] = "2.5", ["PODPOOL_ROUTER_LISTEN"] = "" };

        var options = RouterArguments.Read(
            ["--manager", "unix:/b, http://managers.example:8081", "--listen", "http://0.0.0.0:80, unix:/c", "--domain", "svc,svc.cluster.local", "--hold-limit", "7", "--access-log", "-"],
            name => environment.GetValueOrDefault(name));

        Assert.Equal("unix:/b, http://managers.example:8081", options.Manager);
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.HoldTime);
        Assert.Equal(["http://0.0.0.0:80", "unix:/c"], options.Listen);
        Assert.Equal(["svc", "svc.cluster.local"], options.Domains);
        Assert.Equal(7, options.HoldLimit);
        Assert.Equal("-", options.AccessLog);
        options.Validate();
    }

    [Fact]
    public void A_manager_at_https_goes_with_a_certificate()
    {
        var options = RouterArguments.Read(["--manager", "https://managers.example:8081,https://10.0.0.1:443", "--manager-certificate", "/tls"], _ => null);

        Assert.Equal("/tls", options.ManagerCertificate);
        options.Validate();
    }

    [Theory]
    [InlineData("'--managers'", "--managers", "x")]
    [InlineData("'manager'", "manager", "x")]
    [InlineData("--manager needs a value", "--manager")]
    [InlineData("--hold-limit: 'many'", "--hold-limit", "many")]
    [InlineData("--hold-time: 'soon'", "--hold-time", "soon")]
    public void A_wrong_argument_is_named(string message, params string[] args)
        => Assert.Contains(message, Assert.Throws<ValidationException>(() => RouterArguments.Read(args, _ => null)).Message, StringComparison.Ordinal);
}
