using System.Net;
using System.Text.Json;
using PodPool.Cli.CommandLine;
using PodPool.Ports;
using PodPool.Simulation;

namespace PodPool.Cli.Tests.Local;

public sealed class LocalPlatformTests : IDisposable
{
    private const string FreePort = "http://127.0.0.1:0";

    private readonly TestTerminal _terminal = new();
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false };
    private readonly HttpClient _http;

    public LocalPlatformTests() => _http = new(_handler);

    [Fact]
    public async Task A_function_is_deployed_called_described_kept_over_a_restart_and_deleted()
    {
        string instance;
        var requests = Path.Combine(_terminal.Folder, "access.jsonl");
        await using (var first = LocalProcess.Start(_terminal, "--listen", FreePort, "--warm", "1", "--access-log", requests))
        {
            var address = await first.ReadyAsync();
            await RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello", "--env", "GREETING=x");

            using var cold = await _http.GetAsync(new Uri(address, "/default/hello?name=Ada"), TestContext.Current.CancellationToken);
            using var warm = await GetByHostAsync(address, "hello.default");
            Assert.Equal("""{"message":"hello Ada"}""", await cold.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("pooled", Assert.Single(cold.Headers.GetValues("x-podpool-start")));
            Assert.Equal("""{"message":"hello world"}""", await warm.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("warm", Assert.Single(warm.Headers.GetValues("x-podpool-start")));

            using var described = JsonDocument.Parse(await RunAsync("describe", "hello", "--output", "json"));
            instance = described.RootElement.GetProperty("instances")[0].GetProperty("id").GetString()!;
            Assert.Equal("Hello::Hello.HelloFunction", described.RootElement.GetProperty("entryPoint").GetString());
            Assert.Equal(["GREETING"], described.RootElement.GetProperty("environment").EnumerateArray().Select(name => name.GetString()));
            Assert.Equal(instance, described.RootElement.GetProperty("lastStart").GetProperty("instanceId").GetString());
            Assert.True(described.RootElement.GetProperty("lastStart").GetProperty("phasesMs").GetProperty("load").GetDouble() > 0);

            Assert.Equal(0, await first.SignalAsync("-INT"));
            Assert.Empty(first.Pods());
            Assert.Equal($"ready {address.GetLeftPart(UriPartial.Authority)}", first.Out.Trim());
        }

        Assert.Equal(2, CountRequests(requests, "default/hello"));
        var console = $"http://127.0.0.1:{FreePorts.Next()}";
        await using var second = LocalProcess.Start(_terminal, "--listen", FreePort, "--console", console);
        var again = await second.ReadyAsync();
        Assert.Contains("/console/app.js", await _http.GetStringAsync(new Uri(new(console), "/console"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var after = await _http.GetAsync(new Uri(again, "/default/hello?name=Bob"), TestContext.Current.CancellationToken);
        Assert.Equal("""{"message":"hello Bob"}""", await after.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("hello Bob", await RunAsync("invoke", "hello", "--path", "?name=Bob"), StringComparison.Ordinal);

        await RunAsync("delete", "hello");
        Assert.Equal(ExitCode.NotFound, await _terminal.RunAsync("describe", "hello"));
        using var gone = await _http.GetAsync(new Uri(again, "/default/hello"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(0, await second.SignalAsync("-TERM"));
        Assert.Empty(second.Pods());
    }

    [Fact]
    public async Task After_a_kill_the_next_platform_takes_over_the_pods_that_still_run()
    {
        await using (var first = LocalProcess.Start(_terminal, "--listen", FreePort, "--warm", "1"))
        {
            var address = await first.ReadyAsync();
            await RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello");
            using var cold = await _http.GetAsync(new Uri(address, "/default/hello"), TestContext.Current.CancellationToken);
            await UntilFullAsync(1);
            var pods = first.Pods();

            await first.SignalAsync("-KILL");
            Assert.Equal(pods.Order(), first.Pods().Order());

            await using var second = LocalProcess.Start(_terminal, "--listen", FreePort, "--warm", "1");
            var again = await second.ReadyAsync();
            using var warm = await _http.GetAsync(new Uri(again, "/default/hello"), TestContext.Current.CancellationToken);

            Assert.Equal("warm", Assert.Single(warm.Headers.GetValues("x-podpool-start")));
            Assert.Equal(0, await second.SignalAsync("-TERM"));
            Assert.Empty(second.Pods());
        }
    }

    [Fact]
    public async Task A_second_platform_is_told_what_is_in_its_way()
    {
        await using var first = LocalProcess.Start(_terminal, "--listen", FreePort, "--warm", "1");
        var address = (await first.ReadyAsync()).GetLeftPart(UriPartial.Authority);

        await using var sameAddress = LocalProcess.Start(_terminal, "--listen", address, "--state", Path.Combine(_terminal.Folder, "other"));
        await using var sameState = LocalProcess.Start(_terminal, "--listen", FreePort);

        Assert.Equal(ExitCode.Failed, await sameAddress.EndedAsync());
        Assert.Equal(ExitCode.Failed, await sameState.EndedAsync());
        Assert.Contains($"cannot listen on {address}", sameAddress.Error, StringComparison.Ordinal);
        Assert.Contains("--listen", sameAddress.Error, StringComparison.Ordinal);
        Assert.Contains("in use by another manager", sameState.Error, StringComparison.Ordinal);
        Assert.Contains("--state", sameState.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operators_come_in_by_the_routers_address_and_pages_in_a_browser_do_not()
    {
        await using var local = LocalProcess.Start(_terminal, "--listen", FreePort, "--warm", "1");
        var address = await local.ReadyAsync();
        _terminal["PODPOOL_SERVER"] = address.GetLeftPart(UriPartial.Authority);

        Assert.Contains("\"pool\": \"default\"", await RunAsync("pool", "list", "--output", "json"), StringComparison.Ordinal);
        await RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello");
        Assert.Contains("\"name\": \"hello\"", await RunAsync("list", "--output", "json"), StringComparison.Ordinal);

        using var page = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/podpool.v1.Operator/ListPools"))
        {
            Headers = { { "Origin", "http://page.example" } },
        };
        using var refused = await _http.SendAsync(page, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Theory]
    [InlineData("--listen", "nonsense")]
    [InlineData("--listen", "https://127.0.0.1:8080")]
    [InlineData("--console", "unix:/tmp/console")]
    [InlineData("--warm", "-1")]
    [InlineData("--memory", "lots")]
    public async Task A_wrong_option_is_refused_before_anything_starts(string option, string value)
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("local", "--state", Path.Combine(_terminal.Folder, "never"), option, value));

        Assert.Contains(option, _terminal.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_terminal.Folder, "never")));
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
        _terminal.Dispose();
    }

    /// <summary>A verb that succeeds.</summary>
    /// <returns>What it answered.</returns>
    /// <summary>As <c>podpool tune</c> reads them.</summary>
    private static int CountRequests(string log, string function)
    {
        var never = new Spread(TimeSpan.Zero, TimeSpan.Zero);
        using var load = TraceFormat.Open(TraceFormat.Of(log), [log], never, seed: 1).Open();
        var arrivals = new Arrival[100];
        var count = load.Read(arrivals);
        Assert.Empty(load.Repairs.All);
        return arrivals[..count].Count(arrival => load.Functions[arrival.Function] == function && arrival.Duration > 0);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var before = _terminal.Out.Length;
        var code = await _terminal.RunAsync(arguments);
        Assert.True(code == ExitCode.Ok, $"podpool {string.Join(' ', arguments)} ended with {code}: {_terminal.Error}");
        return _terminal.Out[before..];
    }

    private async Task<HttpResponseMessage> GetByHostAsync(Uri address, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Host = host } };
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task UntilFullAsync(int warm)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            using var pools = JsonDocument.Parse(await RunAsync("pool", "list", "--output", "json"));
            if (pools.RootElement.GetProperty("pools")[0].GetProperty("warm").GetInt32() >= warm)
            {
                return;
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
