using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PodPool.Contracts;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Forwarding;

public sealed class HeaderTests
{
    [Fact]
    public async Task What_callers_say_in_our_name_does_not_get_through_and_the_instance_is_named()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/default/echo/")
        {
            Headers = { { "x-podpool-instance", "another" }, { "X-PodPool-Claim", "mine" }, { "x-podpool-", "empty" }, { "x-mine", "stays" } },
        };

        var seen = await Seen.ReadAsync(await platform.Http.SendAsync(request, Platform.Cancelled));

        Assert.Equal("echo-1", Assert.Single(seen.Headers, header => header.Key.StartsWith(WireHeaders.Prefix, StringComparison.Ordinal)).Value);
        Assert.Equal("stays", seen.Headers["x-mine"]);
    }

    [Fact]
    public async Task What_a_pod_says_to_the_router_does_not_reach_the_caller()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", context =>
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            context.Response.Headers["X-PodPool-Reason"] = "FUNCTION_ERROR";
            context.Response.Headers["x-podpool-start"] = "never";
            context.Response.Headers["x-mine"] = "stays";
            return context.Response.WriteAsync("mine");
        }));

        using var response = await platform.GetAsync("/default/echo/");

        // A function's own 421 is its own.
        Assert.Equal(System.Net.HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.Equal("mine", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Equal(["x-podpool-start"], response.Headers.Select(header => header.Key).Where(name => name.StartsWith("x-podpool", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal("warm", response.Headers.GetValues(WireHeaders.Start).Single());
        Assert.Equal("stays", response.Headers.GetValues("x-mine").Single());
    }

    [Fact]
    public async Task Forwarded_headers_are_appended_to_what_proxies_before_said()
    {
        await using var platform = await Platform.StartAsync(options => options.Listen = ["http://127.0.0.1:0"]);
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));
        using var client = new HttpClient(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{RouterHost.AddressesOf(platform.App).Single()}/default/echo/a/b?c=d")
        {
            Headers = { { "X-Forwarded-For", "203.0.113.7" }, { "X-Forwarded-Proto", "https" }, { "X-Forwarded-Host", "api.example.com" }, { "X-Forwarded-Prefix", "/v1" } },
        };
        request.Headers.Host = "functions.example.com";

        var seen = await Seen.ReadAsync(await client.SendAsync(request, Platform.Cancelled));

        Assert.Equal("/a/b?c=d", seen.Target);
        Assert.Equal("203.0.113.7, 127.0.0.1", seen.Headers["x-forwarded-for"]);
        Assert.Equal("https, http", seen.Headers["x-forwarded-proto"]);
        Assert.Equal("api.example.com, functions.example.com", seen.Headers["x-forwarded-host"]);
        Assert.Equal("/v1, /default/echo", seen.Headers["x-forwarded-prefix"]);
        Assert.Equal("functions.example.com", seen.Headers["host"]);
    }

    [Fact]
    public async Task The_callers_trace_context_goes_through()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/default/echo/") { Headers = { { "traceparent", parent }, { "tracestate", "a=b" } } };

        var seen = await Seen.ReadAsync(await platform.Http.SendAsync(request, Platform.Cancelled));

        Assert.Equal(parent, seen.Headers["traceparent"]);
        Assert.Equal("a=b", seen.Headers["tracestate"]);
    }

    [Fact]
    public async Task A_request_without_a_trace_gets_one_of_its_own()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));

        var parents = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            // The client of the test must not write one itself.
            using var request = new HttpRequestMessage(HttpMethod.Get, "/default/echo/");
            Activity.Current = null;
            var seen = await Seen.ReadAsync(await platform.Http.SendAsync(request, Platform.Cancelled));
            Assert.True(ActivityContext.TryParse(seen.Headers["traceparent"], null, out var context));
            Assert.Equal(ActivityTraceFlags.None, context.TraceFlags);
            parents.Add(seen.Headers["traceparent"]);
        }

        Assert.Equal(20, parents.Count);
    }

    [Theory]
    [InlineData("/default/echo", "/")]
    [InlineData("/default/echo/", "/")]
    [InlineData("/default/echo?x=1", "/?x=1")]
    [InlineData("/default/echo/a%2Fb/c%20d/%C3%A9?q=%2F&r=a+b", "/a%2Fb/c%20d/%C3%A9?q=%2F&r=a+b")]
    [InlineData("/default/echo/%252F", "/%252F")]
    [InlineData("/default/echo//x", "//x")]
    [InlineData("/default/echo/.well-known/x", "/.well-known/x")]
    [InlineData("/default/other/../echo/x", "/x")]
    [InlineData("/default/echo/a/../../echo/b", "/b")]
    [InlineData("/default/ech%6F/x%20y", "/x%20y")]
    [InlineData("http://somewhere/default/echo/x", "/x")]
    public async Task The_path_reaches_the_function_as_it_was_written_less_the_prefix(string target, string expected)
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", context =>
            context.Response.WriteAsync($"target: {context.Features.Get<IHttpRequestFeature>()!.RawTarget}.")));

        var answer = await platform.RawAsync($"GET {target} HTTP/1.1\r\nHost: somewhere\r\nConnection: close\r\n\r\n");

        Assert.Contains($"target: {expected}.", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_leaves_its_function_is_another_functions()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("echo", 10, await platform.PodAsync("echo-1", Seen.AnswerAsync));

        var answer = await platform.RawAsync("GET /default/echo/../other/x HTTP/1.1\r\nHost: somewhere\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
    }
}
