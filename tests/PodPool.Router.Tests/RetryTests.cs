using System.Net;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class RetryTests
{
    private static readonly RequestDelegate Hello = context => context.Response.WriteAsync("hello");

    private static readonly RequestDelegate Length = async context =>
    {
        var length = 0L;
        var sum = 0L;
        var buffer = new byte[8192];
        for (int count; (count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0; length += count)
        {
            for (var i = 0; i < count; i++)
            {
                sum += buffer[i] * ((length + i) % 251);
            }
        }

        await context.Response.WriteAsync($"{length} {sum}", context.RequestAborted);
    };

    [Fact]
    public async Task An_instance_that_refuses_the_connection_is_passed_over_and_reported()
    {
        await using var platform = await Platform.StartAsync();
        var gone = await platform.PodAsync("gone", Hello);
        var there = await platform.PodAsync("there", Hello);
        await platform.DeployAsync("hello", 10, gone, there);
        await gone.KillAsync();

        for (var i = 0; i < 5; i++)
        {
            using var response = await platform.Http.PostAsync("/default/hello/", new StringContent("body"), Platform.Cancelled);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        }

        Assert.Equal(5, there.Served);
        var suspect = await platform.Manager.Suspects.WaitForAsync(_ => true);
        Assert.Equal(("gone", Reason.PodGone), (suspect.InstanceId, suspect.Reason));
        Assert.Single(platform.Manager.Suspects.All);
        Assert.Empty(platform.Manager.Acquires.All);
    }

    [Fact]
    public async Task The_last_known_instance_stays_after_a_failed_dial_but_the_request_asks_for_another()
    {
        await using var platform = await Platform.StartAsync();
        var gone = await platform.PodAsync("gone", Hello);
        var route = await platform.DeployAsync("hello", 10, gone);
        await gone.KillAsync();
        var address = gone.Address;
        platform.StartOnAcquire(route, context => context.Response.WriteAsync("new"));

        using var response = await platform.GetAsync("/default/hello/");
        Assert.Equal("new", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        Assert.Single(platform.Manager.Acquires.All);

        // The manager names it still, and so it is used when it is back and the other is full or gone.
        var back = await platform.PodAsync("gone", address, context => context.Response.WriteAsync("back"));
        route.Instances.Clear();
        route.Instances.Add(back.Wire);
        await platform.TellAsync(route.Clone());
        using var again = await platform.GetAsync("/default/hello/");
        Assert.Equal("back", await again.Content.ReadAsStringAsync(Platform.Cancelled));
    }

    [Fact]
    public async Task A_manager_that_insists_on_an_instance_is_believed_after_a_pause()
    {
        await using var platform = await Platform.StartAsync();
        var gone = await platform.PodAsync("late", Hello);
        var route = await platform.DeployAsync("hello", 10, gone);
        await gone.KillAsync();
        platform.Manager.OnAcquire = (_, _) => Task.FromResult(new AcquireResponse { Instance = gone.Wire });

        var call = platform.GetAsync("/default/hello/");
        var first = await platform.Manager.Acquires.WaitForAsync(_ => true);
        await platform.Manager.Acquires.WaitForAsync(acquire => acquire.Load.Sequence > first.Load.Sequence);
        await platform.PodAsync("late", gone.Address, Hello);

        Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
        Assert.InRange(platform.Manager.Acquires.All.Count, 2, 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_request_that_was_sent_runs_once_whatever_becomes_of_the_pod(int diesAt)
    {
        await using var platform = await Platform.StartAsync();
        await using var raw = new RawPod(platform.Sockets.Next(), async (stream, request) =>
        {
            if (request < diesAt)
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
            else
            {
                stream.Close();
            }
        });
        var other = await platform.PodAsync("other", Hello);
        var route = await platform.DeployAsync("hello", 10);
        route.Instances.Add(raw.Wire);
        await platform.TellAsync(route.Clone());
        for (var i = 1; i < diesAt; i++)
        {
            using var fine = await platform.GetAsync("/default/hello/");
            Assert.Equal(HttpStatusCode.OK, fine.StatusCode);
        }

        platform.Manager.OnAcquire = (_, _) => Task.FromResult(new AcquireResponse { Instance = other.Wire });
        using var response = await platform.GetAsync("/default/hello/");

        await RefusalTests.IsProblemAsync(response, HttpStatusCode.BadGateway, "INSTANCE_GONE", "raw");
        Assert.Equal(diesAt, raw.Heads.All.Count);
        Assert.Equal(0, other.Served);
        var suspect = await platform.Manager.Suspects.WaitForAsync(_ => true);
        Assert.Equal(("raw", Reason.PodGone), (suspect.InstanceId, suspect.Reason));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_pod_that_dies_with_a_request_in_it_is_a_bad_gateway(string version)
    {
        await using var platform = await Platform.StartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var dying = await platform.PodAsync("dying", async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        var other = await platform.PodAsync("other", Hello);
        await platform.DeployAsync("hello", 1, dying, other);

        var call = (version == "1.1" ? platform.Http : platform.Http2).PostAsync("/default/hello/", new StringContent("x"), Platform.Cancelled);
        await begun.Task.WaitAsync(Platform.Cancelled);
        await dying.KillAsync();

        await RefusalTests.IsProblemAsync(await call, HttpStatusCode.BadGateway, "INSTANCE_GONE", "dying");
        Assert.Equal(0, other.Served);
    }

    [Theory]
    [InlineData("1.1", 0, false)]
    [InlineData("1.1", 10, false)]
    [InlineData("1.1", 60_000, false)]
    [InlineData("1.1", 60_000, true)]
    [InlineData("1.1", 5_000_000, false)]
    [InlineData("1.1", 5_000_000, true)]
    [InlineData("2.0", 0, false)]
    [InlineData("2.0", 10, false)]
    [InlineData("2.0", 60_000, true)]
    public async Task A_pod_that_is_another_instance_is_forgotten_and_the_whole_request_goes_elsewhere(string version, int size, bool chunked)
    {
        await using var platform = await Platform.StartAsync();
        var mistaken = await platform.PodAsync("somebody-else", Length);
        var right = await platform.PodAsync("right", Length);
        var route = await platform.DeployAsync("hello", 10);
        route.Instances.Add([new Contracts.V1.Instance { Id = "moved", Address = mistaken.Address, Revision = "r1" }, right.Wire]);
        await platform.TellAsync(route.Clone());
        var body = new byte[size];
        new Random(size).NextBytes(body);
        var client = version == "1.1" ? platform.Http : platform.Http2;

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/default/hello/") { Content = new ByteArrayContent(body) };
            request.Version = new(version);
            if (chunked)
            {
                request.Headers.TransferEncodingChunked = version == "1.1";
                request.Content = new StreamContent(new Unseekable(body));
            }

            using var response = await client.SendAsync(request, Platform.Cancelled);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var sum = body.Select((value, index) => value * (index % 251L)).Sum();
            Assert.Equal($"{size} {sum}", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        }

        Assert.Equal((0, 3), (mistaken.Served, right.Served));
        var suspect = await platform.Manager.Suspects.WaitForAsync(_ => true);
        Assert.Equal(("moved", Reason.NotThisInstance), (suspect.InstanceId, suspect.Reason));
        Assert.Single(platform.Manager.Suspects.All);
    }

    [Fact]
    public async Task A_long_body_over_HTTP_2_goes_elsewhere_whole_or_is_refused()
    {
        await using var platform = await Platform.StartAsync();
        var mistaken = await platform.PodAsync("somebody-else", Length);
        var right = await platform.PodAsync("right", Length);
        var route = await platform.DeployAsync("hello", 10);
        route.Instances.Add([new Contracts.V1.Instance { Id = "moved", Address = mistaken.Address, Revision = "r1" }, right.Wire]);
        await platform.TellAsync(route.Clone());

        using var response = await platform.Http2.PostAsync("/default/hello/", new ByteArrayContent(new byte[5_000_000]), Platform.Cancelled);

        if (response.StatusCode == HttpStatusCode.OK)
        {
            Assert.Equal("5000000 0", await response.Content.ReadAsStringAsync(Platform.Cancelled));
        }
        else
        {
            await RefusalTests.IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "NOT_THIS_INSTANCE", "too long");
            Assert.Equal(0, right.Served);
        }
    }

    [Fact]
    public async Task A_pod_that_drains_is_not_used_any_more()
    {
        await using var platform = await Platform.StartAsync();
        var draining = await platform.PodAsync("draining", Hello);
        var other = await platform.PodAsync("other", Hello);
        await platform.DeployAsync("hello", 10, draining, other);
        draining.IsDraining = true;

        for (var i = 0; i < 3; i++)
        {
            using var response = await platform.Http.PostAsync("/default/hello/", new StringContent("body"), Platform.Cancelled);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal((0, 3), (draining.Served, other.Served));
        Assert.Empty(platform.Manager.Suspects.All);
    }

    [Fact]
    public async Task A_moved_instance_that_was_the_only_one_makes_the_request_wait_for_another()
    {
        await using var platform = await Platform.StartAsync();
        var mistaken = await platform.PodAsync("somebody-else", Hello);
        var route = await platform.DeployAsync("hello", 10);
        route.Instances.Add(new Contracts.V1.Instance { Id = "moved", Address = mistaken.Address, Revision = "r1" });
        await platform.TellAsync(route.Clone());
        platform.StartOnAcquire(route, Hello);

        using var response = await platform.GetAsync("/default/hello/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("pooled", response.Headers.GetValues(WireHeaders.Start).Single());
    }

    [Fact]
    public async Task A_pod_that_accepts_no_connection_is_passed_over_after_the_connect_timeout()
    {
        await using var platform = await Platform.StartAsync(options => options.ConnectTimeout = TimeSpan.FromMilliseconds(100));
        var address = platform.Sockets.Next();
        var endPoint = Contracts.Wire.PodAddress.Parse(address);
        using var deaf = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        deaf.Bind(endPoint);
        deaf.Listen(0);
        await using var fills = await Contracts.Wire.PodAddress.ConnectAsync(endPoint, Platform.Cancelled);
        var other = await platform.PodAsync("other", Hello);
        var route = await platform.DeployAsync("hello", 10);
        route.Instances.Add([new Contracts.V1.Instance { Id = "deaf", Address = address, Revision = "r1" }, other.Wire]);
        await platform.TellAsync(route.Clone());

        using var response = await platform.GetAsync("/default/hello/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("deaf", (await platform.Manager.Suspects.WaitForAsync(_ => true)).InstanceId);
    }

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
