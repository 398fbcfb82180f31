using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Tests.Callers;

/// <summary>A token is good for the instance that it was made for, while that lives, from where it is.</summary>
public sealed class AuthenticatorTests : IDisposable
{
    private static readonly IPAddress Pod = IPAddress.Parse("10.0.0.7");

    private readonly TestCallers _callers = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Authenticator _authenticator;

    public AuthenticatorTests() => _authenticator = new(_callers, _time);

    public void Dispose()
    {
        _authenticator.Dispose();
        _callers.Dispose();
    }

    [Fact]
    public async Task The_instance_itself_is_known_by_its_token()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Assert.Equal("shop/cart", (await FindAsync(token, Pod))?.Name);
        Assert.Equal("shop/cart", (await FindAsync(token, Pod.MapToIPv6()))?.Name);
    }

    [Fact]
    public async Task No_token_and_a_forged_one_are_nobodys()
    {
        _callers.Add(Instance("pod-1", Pod));
        using var stranger = new TestCallers();
        await RefusedAsync(null, Pod, "DAPR_API_TOKEN");
        await RefusedAsync("", Pod, "not signed");
        await RefusedAsync(stranger.Add(Instance("pod-1", Pod)), Pod, "not signed");
    }

    [Fact]
    public async Task A_token_ends_with_its_time()
    {
        var token = _callers.Add(Instance("pod-1", Pod), _time.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.NotNull(await FindAsync(token, Pod));
        _time.Advance(TimeSpan.FromMinutes(1));
        await RefusedAsync(token, Pod, "expired");
    }

    [Fact]
    public async Task A_token_ends_with_its_instance()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Assert.NotNull(await FindAsync(token, Pod));
        _callers.Remove("pod-1");
        await RefusedAsync(token, Pod, "gone");
    }

    [Fact]
    public async Task A_token_of_another_revision_is_not_the_instances()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        _callers.Add(Instance("pod-1", Pod) with { Revision = "other" });
        await RefusedAsync(token, Pod, "gone");
    }

    [Fact]
    public async Task A_token_is_worth_nothing_elsewhere()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        await RefusedAsync(token, IPAddress.Parse("10.0.0.8"), "from elsewhere");
        await RefusedAsync(token, null, "from elsewhere");
    }

    [Fact]
    public async Task Where_all_are_processes_of_one_machine_addresses_say_nothing()
    {
        var token = _callers.Add(Instance("pod-1", null));
        Assert.NotNull(await FindAsync(token, IPAddress.Loopback));
        Assert.NotNull(await FindAsync(token, null));
    }

    [Fact]
    public async Task An_instance_that_is_faster_than_the_news_of_it_waits_for_them()
    {
        var instance = Instance("pod-1", Pod);
        var token = _callers.TokenOf(instance, issued: _time.GetUtcNow());
        var finding = FindAsync(token, Pod);
        _callers.Add(Instance("another", Pod));
        Assert.False(finding.IsCompleted);
        _callers.Add(instance);
        Assert.Equal("pod-1", (await finding)?.PodId);
    }

    [Fact]
    public async Task It_does_not_wait_for_ever_nor_if_it_is_old()
    {
        var young = _authenticator.FindAsync(_callers.TokenOf(Instance("pod-1", Pod), issued: _time.GetUtcNow()), Pod, Test).AsTask();
        Assert.False(young.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await young).Why?.HttpStatus);

        var old = _authenticator.FindAsync(_callers.TokenOf(Instance("pod-1", Pod), issued: _time.GetUtcNow() - TimeSpan.FromMinutes(1)), Pod, Test);
        Assert.True(old.IsCompleted);
        Assert.Equal(401, (await old).Why?.HttpStatus);
    }

    [Fact]
    public async Task Before_a_manager_told_anything_nobody_is_turned_away_for_good()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        _callers.Key = null;
        var early = _authenticator.FindAsync(token, Pod, Test).AsTask();
        Assert.False(early.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((503, StatusCode.Unavailable), ((await early).Why!.HttpStatus, (await early).Why!.GrpcStatus));

        var later = FindAsync(token, Pod);
        _callers.Key = _callers.Signer;
        _callers.Change();
        Assert.Equal("pod-1", (await later)?.PodId);
    }

    [Fact]
    public async Task Another_installations_key_ends_what_was_read_with_the_last()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Assert.NotNull(await FindAsync(token, Pod));
        using var other = new TestCallers();
        _callers.Key = other.Signer;
        await RefusedAsync(token, Pod, "not signed");
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private async Task<Caller?> FindAsync(string? token, IPAddress? from) => (await _authenticator.FindAsync(token, from, Test)).Caller;

    private async Task RefusedAsync(string? token, IPAddress? from, string why)
    {
        var (caller, said) = await _authenticator.FindAsync(token, from, Test);
        Assert.Null(caller);
        Assert.Equal(401, said!.HttpStatus);
        Assert.Contains(why, said.Message, StringComparison.Ordinal);
    }

    private static Caller Instance(string id, IPAddress? address) => new("shop", "cart", "r1", id, address, new DaprAccess());
}
