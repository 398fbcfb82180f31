using System.Net;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class FirstRequestTests
{
    private static readonly RequestDelegate Hello = context => context.Response.WriteAsync("hello");

    [Fact]
    public async Task A_first_request_is_held_until_an_instance_is_there_and_says_where_its_time_went()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.StartOnAcquire(route, Hello);

        using var response = await platform.GetAsync("/default/hello/x");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Equal("pooled", Assert.Single(response.Headers.GetValues(WireHeaders.Start)));
        var timing = Assert.Single(response.Headers.GetValues("Server-Timing"));
        Assert.Matches(
            @"^queue;dur=\d+\.\d{3}, claim;dur=0\.100, transfer;dur=0\.200, load;dur=0\.300, start;dur=0\.400, first_call;dur=\d+\.\d{3}$", timing);
    }
}
