using System.Net;
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

    public AuthenticatorTests() => _authenticator = new(_callers.Key, _callers, _time);

    public void Dispose()
    {
        _authenticator.Dispose();
        _callers.Dispose();
    }

    [Fact]
    public void The_instance_itself_is_known_by_its_token()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Assert.Equal("shop/cart", _authenticator.Find(token, Pod, out _)?.Name);
        Assert.Equal("shop/cart", _authenticator.Find(token, Pod.MapToIPv6(), out _)?.Name);
    }

    [Fact]
    public void No_token_and_a_forged_one_are_nobodys()
    {
        _callers.Add(Instance("pod-1", Pod));
        using var stranger = new TestCallers();
        Refused(null, Pod, "DAPR_API_TOKEN");
        Refused("", Pod, "not signed");
        Refused(stranger.Add(Instance("pod-1", Pod)), Pod, "not signed");
    }

    [Fact]
    public void A_token_ends_with_its_time()
    {
        var token = _callers.Add(Instance("pod-1", Pod), _time.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.NotNull(_authenticator.Find(token, Pod, out _));
        _time.Advance(TimeSpan.FromMinutes(1));
        Refused(token, Pod, "expired");
    }

    [Fact]
    public void A_token_ends_with_its_instance()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Assert.NotNull(_authenticator.Find(token, Pod, out _));
        _callers.Remove("pod-1");
        Refused(token, Pod, "gone");
    }

    [Fact]
    public void A_token_of_another_revision_is_not_the_instances()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        _callers.Add(Instance("pod-1", Pod) with { Revision = "other" });
        Refused(token, Pod, "gone");
    }

    [Fact]
    public void A_token_is_worth_nothing_elsewhere()
    {
        var token = _callers.Add(Instance("pod-1", Pod));
        Refused(token, IPAddress.Parse("10.0.0.8"), "from elsewhere");
        Refused(token, null, "from elsewhere");
    }

    [Fact]
    public void Where_all_are_processes_of_one_machine_addresses_say_nothing()
    {
        var token = _callers.Add(Instance("pod-1", null));
        Assert.NotNull(_authenticator.Find(token, IPAddress.Loopback, out _));
        Assert.NotNull(_authenticator.Find(token, null, out _));
    }

    private void Refused(string? token, IPAddress? from, string why)
    {
        Assert.Null(_authenticator.Find(token, from, out var said));
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    private static Caller Instance(string id, IPAddress? address) => new("shop", "cart", "r1", id, address, new DaprAccess());
}
