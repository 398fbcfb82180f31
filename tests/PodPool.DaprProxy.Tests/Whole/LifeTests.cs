using System.Security.Cryptography;
using Dapr.Client;
using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>Who may come in, and what goes on when one of those around the door, or the door itself, ends and comes back.</summary>
public sealed class LifeTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static readonly DaprAccess State = new() { StateStores = { new StateStoreAccess { Store = "store" } } };

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manager_is_told_who_the_door_is_and_that_it_is_of_use()
    {
        var hello = door.Manager.Hellos.Last();
        Assert.Equal(("node-1", door.Address, door.Address), (hello.Node, hello.HttpEndpoint, hello.GrpcEndpoint));
        await Until.TrueAsync(() => door.Manager.Healths.LastOrDefault() is { Ready: true }, "it says that it is of use");
    }

    [Fact]
    public async Task Without_a_good_token_nothing_reaches_daprd()
    {
        door.Manager.Function("guarded", State);
        var (pod, good) = door.Manager.Claim("guarded");
        var (gone, ofTheGone) = door.Manager.Claim("guarded");
        var (elsewhere, _) = door.Manager.Claim("guarded", address: "127.0.0.9");
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await SaveAsync(good, "good");
        door.Manager.Gone(gone);
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/x", ofTheGone)).Status == 401, "the instance is gone");
        foreach (var bad in (string?[])
        [
            null, "", DoorFixture.DaprdToken, "podpool.a.b", good[..^4] + "AAAA", door.Manager.TokenOf(pod, signer: stranger),
            door.Manager.TokenOf(pod, expires: TimeProvider.System.GetUtcNow().AddMinutes(-5)), ofTheGone, door.Manager.TokenOf(elsewhere),
        ])
        {
            Assert.Equal((bad, 401), (bad, (await door.SendAsync("POST", "/v1.0/state/store", bad, """[{"key":"bad","value":1}]""")).Status));
            if (bad is { Length: > 0 })
            {
                Assert.Equal(StatusCode.Unauthenticated, await GrpcStatus.OfAsync(() => door.Client(bad).SaveStateAsync("store", "bad", 1, cancellationToken: Test)));
            }
        }

        Assert.Equal(0, await door.Behind.GetStateAsync<int>("store", "f.shop.guarded:bad", cancellationToken: Test));
        Assert.Equal(1, await door.Behind.GetStateAsync<int>("store", "f.shop.guarded:good", cancellationToken: Test));
    }

    [Fact]
    public async Task An_instance_whose_address_becomes_known_is_good_from_there_alone()
    {
        door.Manager.Function("moving", State);
        var (pod, token) = door.Manager.Claim("moving", address: "");
        await SaveAsync(token, "k");
        door.Manager.Move(pod, "127.0.0.9");
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status == 401, "it is somewhere else");
        door.Manager.Move(pod, "::ffff:127.0.0.1");
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status == 200, "it is here");
    }

    [Fact]
    public async Task What_is_granted_later_counts_from_then_on()
    {
        door.Manager.Function("growing", null);
        var token = door.Manager.Instance("growing");
        Assert.Equal(400, (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status);
        door.Manager.Function("growing", State);
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status == 204, "it is granted");
        door.Manager.Function("growing", new());
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status == 400, "it is granted no more");
    }

    [Fact]
    public async Task While_daprd_is_away_calls_end_at_once_and_afterwards_they_pass_again()
    {
        door.Manager.Function("patient", State);
        var token = door.Manager.Instance("patient");
        var client = door.Client(token);
        await client.SaveStateAsync("store", "k", 1, cancellationToken: Test);
        await door.Daprd.KillAsync();
        var since = TimeProvider.System.GetTimestamp();
        Assert.Equal(503, (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status);
        Assert.Equal(503, (await door.SendAsync("GET", "/v1.0/healthz", null)).Status);
        Assert.Equal(StatusCode.Unavailable, await GrpcStatus.OfAsync(() => client.GetStateAsync<int>("store", "k", cancellationToken: Test)));
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await Until.TrueAsync(() => door.Manager.Healths.Last() is { Ready: false, Trouble.Length: > 0 }, "the manager is told");

        await door.Daprd.StartAgainAsync();
        Assert.Equal((200, "1"), await door.SendAsync("GET", "/v1.0/state/store/k", token));
        Assert.Equal(1, await client.GetStateAsync<int>("store", "k", cancellationToken: Test));
        await Until.TrueAsync(() => door.Manager.Healths.Last().Ready, "the manager is told that it is back");
    }

    [Fact]
    public async Task After_a_restart_of_the_door_instances_go_on_with_their_tokens()
    {
        door.Manager.Function("steady", State);
        var token = door.Manager.Instance("steady");
        var client = door.Client(token);
        await client.SaveStateAsync("store", "k", 1, cancellationToken: Test);
        await door.KillDoorAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => door.SendAsync("GET", "/v1.0/state/store/k", token));
        await door.StartDoorAsync();
        Assert.Equal((200, "1"), await door.SendAsync("GET", "/v1.0/state/store/k", token));
        Assert.Equal(1, await client.GetStateAsync<int>("store", "k", cancellationToken: Test));
        Assert.Equal(2, door.Manager.Hellos.Select(hello => hello.DoorId).Distinct().Take(2).Count());
    }

    [Fact]
    public async Task Without_a_manager_calls_go_on_and_what_changed_meanwhile_is_told_when_it_is_back()
    {
        door.Manager.Function("orphan", State);
        var (pod, token) = door.Manager.Claim("orphan");
        await SaveAsync(token, "k");
        await door.Manager.KillAsync();
        Assert.Equal((200, "1"), await door.SendAsync("GET", "/v1.0/state/store/k", token));
        door.Manager.Gone(pod);
        var next = door.Manager.Instance("orphan");
        Assert.Equal((200, "1"), await door.SendAsync("GET", "/v1.0/state/store/k", token));
        await door.Manager.StartAsync();
        await Until.TrueAsync(async () => (await door.SendAsync("GET", "/v1.0/state/store/k", token)).Status == 401, "the instance is gone");
        Assert.Equal((200, "1"), await door.SendAsync("GET", "/v1.0/state/store/k", next));
    }

    private async Task SaveAsync(string token, string key)
        => Assert.Equal(204, (await door.SendAsync("POST", "/v1.0/state/store", token, $$"""[{"key":"{{key}}","value":1}]""")).Status);
}
