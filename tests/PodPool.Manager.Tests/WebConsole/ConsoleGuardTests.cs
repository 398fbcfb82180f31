using System.Net;
using PodPool.Manager.Tests.Peers;
using PodPool.WebConsole.Simulating;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>Who may look, and what the page may do.</summary>
public sealed class ConsoleGuardTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_names_that_are_its_own_lead_to_it()
    {
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, 0, change: options => options with { ConsoleHosts = ["pools.example.com"] });
        foreach (var host in (string[])["127.0.0.1", "localhost", "localhost:9000", "pools.example.com", "[::1]:8085"])
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(manager.Page, host));
        }

        foreach (var host in (string[])["attacker.example", "127.0.0.1.attacker.example", "example.com", "169.254.169.254"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(manager.Page, host));
            Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(new(manager.Page, "/console/stream"), host));
        }
    }

    [Fact]
    public async Task The_page_may_load_nothing_from_elsewhere_and_no_page_may_frame_it()
    {
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, 0);
        using var client = ConsoleStream.NewClient();
        using var page = await client.GetAsync(manager.Page, Test);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("POST", "/console", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/console/functions/default/hello", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/console/nothing.js", HttpStatusCode.NotFound)]
    [InlineData("GET", "/console/functions/default/hello", HttpStatusCode.NotFound)]
    [InlineData("GET", "/", HttpStatusCode.Redirect)]
    [InlineData("GET", "/console/app.js", HttpStatusCode.OK)]
    public async Task It_answers_who_looks_and_nobody_who_would_change_anything(string method, string path, HttpStatusCode expected)
    {
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, 0);
        using var client = ConsoleStream.NewClient();
        using var request = new HttpRequestMessage(new(method), new Uri(manager.Page, path));
        using var answer = await client.SendAsync(request, Test);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public void The_command_line_says_where_it_is_and_by_which_names()
    {
        var options = CommandLineOptions.Parse(["--state", "s", "--runtime", "r", "--listen", "unix:/l", "--console", "http://127.0.0.1:8085", "--console-host", "a.example, b.example"])!;
        Assert.Equal("http://127.0.0.1:8085", options.Console);
        Assert.Equal(["a.example", "b.example"], options.ConsoleHosts);
        Assert.Null(CommandLineOptions.Parse(["--state", "s", "--runtime", "r", "--listen", "unix:/l"])!.Console);
    }

    [Theory]
    [InlineData("127.0.0.1:8085")]
    [InlineData("unix:/tmp/console")]
    [InlineData("https://127.0.0.1:8085")]
    public void An_address_that_is_none_is_refused_before_anything_starts(string address)
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<ManagerOptionsException>(() => (ManagerUnderTest.OptionsFor(folder.Path) with { Console = address }).Validate());
        Assert.Contains("Console", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_said_in_words()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(first.Path, 0);
        var taken = await Assert.ThrowsAsync<ManagerOptionsException>(
            () => SimulatedManager.StartAsync(second.Path, 0, change: options => options with { Console = manager.Page.GetLeftPart(UriPartial.Authority) }));
        Assert.Contains("the console cannot listen", taken.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri page, string host)
    {
        using var client = ConsoleStream.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, page) { Headers = { Host = host } };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Test);
        return answer.StatusCode;
    }
}
