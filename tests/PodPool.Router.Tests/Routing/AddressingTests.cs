using System.Net;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Routing;

public sealed class AddressingTests
{
    [Theory]
    [InlineData("127.0.0.1:8080", "/default/echo/x", "echo", "/x", "/default/echo")]
    [InlineData("echo.default", "/x", "echo", "/x", null)]
    [InlineData("echo.default:8080", "/default/other/x", "echo", "/default/other/x", null)]
    [InlineData("echo.default.localhost:8080", "/", "echo", "/", null)]
    [InlineData("ECHO.default.functions.example.com", "/x?y=z", "echo", "/x?y=z", null)]
    [InlineData("api.example.com", "/x", "echo", "/x", null)]
    [InlineData("127.0.0.1", "/shop", "echo", "/", "/shop")]
    [InlineData("127.0.0.1", "/shop/carts/1", "echo", "/carts/1", "/shop")]
    [InlineData("127.0.0.1", "/shop/orders/1", "other", "/1", "/shop/orders")]
    [InlineData("127.0.0.1", "/default/echo/inner/x", "other", "/x", "/default/echo/inner")]
    [InlineData("127.0.0.1", "/default/echo/innermost/x", "echo", "/innermost/x", "/default/echo")]
    public async Task A_function_is_called_by_host_or_by_path(string host, string target, string function, string path, string? prefix)
    {
        await using var platform = await Platform.StartAsync(options => options.Domains = ["localhost", "functions.example.com"]);
        await DeployAsync(platform, "echo", ["api.example.com"], ["/shop/"]);
        await DeployAsync(platform, "other", [], ["shop/orders", "/default/echo/inner"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Host = host;

        using var response = await platform.Http.SendAsync(request, Platform.Cancelled);

        var seen = await Seen.ReadAsync(response);
        Assert.Equal($"{function}-1", seen.Headers["x-podpool-instance"]);
        Assert.Equal(path, seen.Target);
        Assert.Equal(prefix, seen.Headers.GetValueOrDefault("x-forwarded-prefix"));
        Assert.Equal(host, seen.Headers["host"]);
    }

    [Theory]
    [InlineData("127.0.0.1", "/default/Echo/x")]
    [InlineData("127.0.0.1", "/default/echoes")]
    [InlineData("127.0.0.1", "/default")]
    [InlineData("127.0.0.1", "/")]
    [InlineData("127.0.0.1", "/shopping")]
    [InlineData("echo.default.example.org", "/x")]
    [InlineData("default.echo", "/x")]
    public async Task What_is_no_functions_is_not_found(string host, string target)
    {
        await using var platform = await Platform.StartAsync();
        await DeployAsync(platform, "echo", [], ["/shop"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Host = host;

        using var response = await platform.Http.SendAsync(request, Platform.Cancelled);

        await RefusalTests.IsProblemAsync(response, HttpStatusCode.NotFound, "FUNCTION_NOT_FOUND", target);
    }

    [Fact]
    public async Task A_route_that_two_functions_ask_for_is_the_firsts_by_name_and_a_functions_own_name_is_nobody_elses()
    {
        await using var platform = await Platform.StartAsync();
        await DeployAsync(platform, "zeta", ["api.example.com"], ["/api"]);
        await DeployAsync(platform, "alpha", ["api.example.com", "zeta.default"], ["/api", "/default/zeta"]);

        Assert.Equal("alpha-1", (await Seen.ReadAsync(await platform.GetAsync("/api/x"))).Headers["x-podpool-instance"]);
        Assert.Equal("zeta-1", (await Seen.ReadAsync(await platform.GetAsync("/default/zeta/x"))).Headers["x-podpool-instance"]);
    }

    [Fact]
    public async Task A_route_that_is_taken_back_leads_nowhere()
    {
        await using var platform = await Platform.StartAsync();
        var route = await DeployAsync(platform, "echo", ["api.example.com"], ["/shop"]);
        route.Paths.Clear();
        await platform.TellAsync(route.Clone());

        using var gone = await platform.GetAsync("/shop/x");
        using var there = await platform.GetAsync("/default/echo/x");

        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
    }

    private static async Task<FunctionRoute> DeployAsync(Platform platform, string name, string[] hosts, string[] paths)
    {
        var route = await platform.DeployAsync(name, 10, await platform.PodAsync($"{name}-1", Seen.AnswerAsync));
        route.Hosts.Add(hosts);
        route.Paths.Add(paths);
        await platform.TellAsync(route.Clone());
        return route;
    }
}
