using Dapr;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PodPool.DaprStandIn.Starting;
using PodPool.DaprStandIn.Tests.Worlds;

namespace PodPool.DaprStandIn.Tests;

/// <summary>How the process begins and ends, and who it lets in.</summary>
public sealed class LifeTests(SharedDaprd shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_not_acknowledged_is_not_lost_whatever_ends_the_process()
    {
        var server = await shared.ServerAsync();
        var arrived = new Mailbox<string>();
        var go = new TaskCompletionSource();
        await using var app = await TestApp.StartAsync(null, web =>
        {
            web.MapGet("/dapr/subscribe", () => Results.Text("""[{"pubsubname":"bus","topic":"l-kept","route":"kept"}]"""));
            web.MapPost("/kept", async (HttpContext context) =>
            {
                arrived.Put(await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted));
                await go.Task.WaitAsync(context.RequestAborted);
            });
        });
        await using var world = await DaprWorld.StartAsync(new()
        {
            AppId = "life",
            AppPort = app.Port,
            Flags = ["--dapr-graceful-shutdown-seconds", "0"],
            Resources = [ComponentFile.Of(server, "pubsub.redis", "bus", ("processingTimeout", "500ms"), ("redeliverInterval", "100ms"))],
        });
        await world.Client.PublishEventAsync("bus", "l-kept", "a", Cancelled);
        var first = await arrived.TakeAsync();
        var ports = (world.Daprd.HttpPort, world.Daprd.GrpcPort);
        await world.Daprd.KillAsync();
        await world.Daprd.StartAgainAsync();
        Assert.Equal(ports, (world.Daprd.HttpPort, world.Daprd.GrpcPort));
        Assert.Equal(first, await arrived.TakeAsync());
        Assert.Equal(0, await world.Daprd.TerminateAsync());
        await world.Daprd.StartAgainAsync();
        Assert.Equal(first, await arrived.TakeAsync());
        go.SetResult();
        await (await shared.RedisAsync()).NothingPendingAsync("l-kept", "life");
    }

    [Fact]
    public async Task It_waits_for_an_application_that_is_not_there_yet_and_ends_when_it_is_told_to()
    {
        TestApp? app = await TestApp.StartAsync(null, _ => { });
        var port = app.Port;
        await app.DisposeAsync();
        await using var world = await DaprWorld.StartAsync(new() { AppPort = port, UntilReady = false });
        await world.Daprd.SaysAsync($"waiting on port {port}");
        await world.RefusedAsync("GET", "/v1.0/healthz", 500, "ERR_HEALTH_NOT_READY");
        Assert.Equal(204, (await world.AskAsync("GET", "/v1.0/healthz/outbound")).Status);
        await using (await TestApp.StartAsync(null, web => web.MapGet("/dapr/subscribe", () => Results.NotFound()), port: port))
        {
            await world.Daprd.SaysAsync("dapr initialized. Status: Running.");
            Assert.Equal(204, (await world.AskAsync("GET", "/v1.0/healthz")).Status);
        }

        await world.Client.ShutdownSidecarAsync(Cancelled);
        Assert.Equal(0, await world.Daprd.EndedAsync());
    }

    [Fact]
    public async Task Who_has_no_token_gets_nothing_but_health()
    {
        await using var world = await DaprWorld.StartAsync(new() { ApiToken = "secret" });
        foreach (var token in new[] { "", "wrong" })
        {
            var (status, body) = await world.AskAsync("GET", "/v1.0/metadata", null, ("dapr-api-token", token));
            Assert.Equal((401, "invalid api token\n"), (status, body));
        }

        Assert.Equal(204, (await world.AskAsync("GET", "/v1.0/healthz", null, ("dapr-api-token", ""))).Status);
        Assert.Equal("app", (await world.Client.GetMetadataAsync(Cancelled)).Id);
        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await world.Grpc.GetMetadataAsync(new(), cancellationToken: Cancelled));
        Assert.Equal((StatusCode.Unauthenticated, "Unauthorized"), (thrown.StatusCode, thrown.Status.Detail));
        var missing = await Assert.ThrowsAsync<DaprException>(() => world.Client.GetStateAsync<int>("store", "a", cancellationToken: Cancelled));
        Assert.Equal(("state store store is not configured", StatusCode.FailedPrecondition), (((RpcException)missing.InnerException!).Status.Detail, ((RpcException)missing.InnerException!).StatusCode));
    }

    [Fact]
    public async Task A_component_that_cannot_be_made_ends_it_unless_it_may_be_left_out()
    {
        var broken = ComponentFile.Of("secretstores.local.file", "vault", ("secretsFile", "/nowhere/secrets.json"));
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => StandInProcess.StartAsync(new() { Resources = [broken] }));
        Assert.Contains("initialization error occurred for vault (secretstores.local.file/v1)", thrown.Message, StringComparison.Ordinal);
        await using var left = await StandInProcess.StartAsync(new() { Resources = [broken.Replace("spec:", "spec:\n  ignoreErrors: true", StringComparison.Ordinal)] });
        Assert.Contains("vault (secretstores.local.file) is left out", left.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flag_that_daprd_does_not_know_is_refused()
    {
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => StandInProcess.StartAsync(new() { Flags = ["--surprise", "1"] }));
        Assert.Contains("flag provided but not defined: -surprise", thrown.Message, StringComparison.Ordinal);
        await using var ignored = await StandInProcess.StartAsync(new() { Flags = ["--mode=standalone", "--enable-metrics=false", "-config", "none"] });
    }
}
