using System.Net;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class RefusalTests
{
    [Fact]
    public async Task An_unknown_function_is_not_found_and_the_answer_says_how_functions_are_called()
    {
        await using var platform = await Platform.StartAsync();

        using var response = await platform.GetAsync("/default/nothing/x");

        await IsProblemAsync(response, HttpStatusCode.NotFound, "FUNCTION_NOT_FOUND", "/default/nothing/x");
    }

    [Theory]
    [InlineData(Reason.PoolEmpty, HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(Reason.ScaleLimit, HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(Reason.PodGone, HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(Reason.FunctionNotFound, HttpStatusCode.NotFound, false)]
    [InlineData(Reason.FunctionDeleted, HttpStatusCode.NotFound, false)]
    [InlineData(Reason.EntryPointNotFound, HttpStatusCode.BadGateway, false)]
    [InlineData(Reason.AssemblyMissing, HttpStatusCode.BadGateway, false)]
    [InlineData(Reason.StartupFailed, HttpStatusCode.BadGateway, false)]
    [InlineData(Reason.BreakerOpen, HttpStatusCode.BadGateway, true)]
    [InlineData(Reason.Internal, HttpStatusCode.InternalServerError, true)]
    public async Task What_the_manager_refuses_everybody_who_waits_is_told(Reason reason, HttpStatusCode status, bool retryAfter)
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("hello");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await asked.Task.WaitAsync(cancellationToken);
            throw reason.ToException("because of this", retryAfter ? [("retry_after_ms", "2500")] : []);
        };

        var calls = Enumerable.Range(0, 3).Select(_ => platform.GetAsync("/default/hello/")).ToList();
        await platform.Manager.Loads.WaitForAsync(load => load.Waiting == 3);
        asked.SetResult();

        foreach (var call in calls)
        {
            using var response = await call;
            await IsProblemAsync(response, status, reason.WireName(), "because of this");
            Assert.Equal(retryAfter ? TimeSpan.FromSeconds(3) : null, response.Headers.RetryAfter?.Delta);
        }

        Assert.Single(platform.Manager.Acquires.All);
    }

    [Fact]
    public async Task No_instance_until_the_deadline_is_an_empty_pool()
    {
        await using var platform = await Platform.StartAsync(options => options.HoldTime = TimeSpan.FromMilliseconds(200));
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };

        using var response = await platform.GetAsync("/default/hello/");

        await IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "POOL_EMPTY", "0.2 s");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once()
    {
        await using var platform = await Platform.StartAsync(options => options.HoldLimitPerFunction = 2);
        await platform.DeployAsync("hello");
        using var leave = new CancellationTokenSource();
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };
        var held = Enumerable.Range(0, 2).Select(_ => platform.Http.GetAsync("/default/hello/", leave.Token)).ToList();
        await platform.Manager.Loads.WaitForAsync(load => load.Waiting == 2);

        using var response = await platform.GetAsync("/default/hello/");

        await IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "QUEUE_FULL", "2 requests wait");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(held));
    }

    [Fact]
    public async Task What_all_functions_hold_together_has_a_limit_in_bytes()
    {
        await using var platform = await Platform.StartAsync(options => options.HoldLimitBytes = 64 << 10);
        await platform.DeployAsync("hello");

        // The head is small, the body is not read: but the server may take in as much of it.
        using var response = await platform.Http.PostAsync("/default/hello/", new ByteArrayContent(new byte[100 << 10]), Platform.Cancelled);

        await IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "QUEUE_FULL", "as many requests as it may");
        Assert.Empty(platform.Manager.Acquires.All);
    }

    [Fact]
    public async Task A_function_past_its_timeout_is_a_gateway_timeout()
    {
        await using var platform = await Platform.StartAsync();
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pod = await platform.PodAsync("slow", async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        var route = await platform.DeployAsync("slow", 1, pod);
        route.Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50));
        await platform.TellAsync(route);

        using var response = await platform.GetAsync("/default/slow/");

        await IsProblemAsync(response, HttpStatusCode.GatewayTimeout, "FUNCTION_TIMEOUT", "0.05 s");
        Assert.Equal("warm", Assert.Single(response.Headers.GetValues(WireHeaders.Start)));
        await aborted.Task.WaitAsync(Platform.Cancelled);
    }

    [Fact]
    public async Task A_function_deleted_while_a_request_waits_is_told_to_it()
    {
        await using var platform = await Platform.StartAsync();
        var route = await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new();
        };
        var call = platform.GetAsync("/default/hello/");
        await platform.Manager.Acquires.WaitForAsync(_ => true);

        platform.Manager.Remove(route);

        using var response = await call;
        await IsProblemAsync(response, HttpStatusCode.NotFound, "FUNCTION_DELETED", "default/hello");
        await platform.Manager.AcquiresCancelled.WaitForAsync(_ => true);
    }

    [Fact]
    public async Task Who_speaks_gRPC_is_refused_in_gRPC()
    {
        await using var platform = await Platform.StartAsync();
        await platform.DeployAsync("hello");
        platform.Manager.OnAcquire = (_, _) => throw Reason.PoolEmpty.ToException("no pod is warm: try later");
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:8080", new() { HttpClient = platform.Http2 });
        var call = new Pool.PoolClient(channel.Intercept("/default/hello"));

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await call.AcquireAsync(new(), cancellationToken: Platform.Cancelled));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("no pod is warm: try later", refused.Status.Detail);
        Assert.Equal(Reason.PoolEmpty, refused.ReasonOf());
    }

    internal static async Task IsProblemAsync(HttpResponseMessage response, HttpStatusCode status, string reason, string detail)
    {
        var body = await response.Content.ReadAsStringAsync(Platform.Cancelled);
        Assert.True(status == response.StatusCode, body);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(body);
        var root = problem.RootElement;
        Assert.Equal(reason, root.GetProperty("reason").GetString());
        Assert.Equal((int)status, root.GetProperty("status").GetInt32());
        Assert.Contains(detail, root.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(root.GetProperty("title").GetString()!);
        Assert.NotEmpty(root.GetProperty("type").GetString()!);
    }
}
