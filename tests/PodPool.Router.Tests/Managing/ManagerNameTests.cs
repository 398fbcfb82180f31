using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Following;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Managing;

/// <summary>Managers behind a name whose addresses come and go.</summary>
public sealed class ManagerNameTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly Sockets _sockets = new();
    private readonly Names _names = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task All_addresses_are_talked_with_new_ones_too_and_one_that_is_named_no_more_until_its_connection_ends()
    {
        await using var first = await ManagerAsync(leads: true);
        await using var second = await ManagerAsync(leads: false);
        await using var third = await ManagerAsync(leads: false);
        _names.Are(first.Address, second.Address);
        await using var platform = await StartAsync();
        await first.Acks.WaitForAsync(_ => true);
        await second.Hellos.WaitForAsync(_ => true);
        Assert.Equal(("managers.example", 8081, 2), _names.Asked.All[0]);

        _names.Are(second.Address, third.Address);
        await _time.AdvanceUntilAsync(third.Hellos.WaitForAsync(_ => true), Step);
        var version = first.Route(Routed("hello"));
        await first.Acks.WaitForAsync(acknowledged => acknowledged == version);
        Assert.Single(first.Hellos.All);

        await first.KillAsync();
        var set = platform.App.Services.GetRequiredService<ManagerSet<RouterMessage, RouteUpdate>>();
        var forgotten = Holding.World.UntilAsync(() => !set.Current.Contains(PodAddress.Parse(first.Address)), "the first is forgotten");
        await _time.AdvanceUntilAsync(forgotten, Step);
        await forgotten;
        third.Lead(1);
        await third.Acks.WaitForAsync(_ => true);
        Assert.Equal(
            new[] { second.Address, third.Address }.Select(PodAddress.Parse).ToHashSet(), set.Current.ToHashSet());
    }

    [Fact]
    public async Task When_a_connection_fails_the_name_is_looked_up_at_once()
    {
        await using var first = await ManagerAsync(leads: true);
        await using var second = await ManagerAsync(leads: true);
        _names.Are(first.Address);
        await using var platform = await StartAsync();
        await first.Acks.WaitForAsync(_ => true);
        _names.Are(second.Address);
        var before = _time.GetUtcNow();

        await first.KillAsync();
        await _time.AdvanceUntilAsync(second.Hellos.WaitForAsync(_ => true), TimeSpan.FromMilliseconds(1));

        Assert.InRange(_time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_is_asked_for_again_and_who_was_found_before_is_not_forgotten()
    {
        await using var manager = await ManagerAsync(leads: true);
        _names.Fail();
        await using var platform = await StartAsync();
        await _names.Asked.WaitForAsync(_ => true);
        _names.Are(manager.Address);
        await _time.AdvanceUntilAsync(manager.Acks.WaitForAsync(_ => true), Step);

        _names.Fail();
        await manager.KillAsync();
        await _time.AdvanceUntilAsync(_names.Asked.WaitForAsync(asked => asked.Found is null && _names.Asked.All.Count > 3), Step);
        _names.Are();
        await _time.AdvanceUntilAsync(_names.Asked.WaitForAsync(asked => asked.Found == 0), Step);
        await manager.StartAsync();
        await _time.AdvanceUntilAsync(manager.Hellos.WaitForAsync(_ => manager.Hellos.All.Count == 2), Step);
    }

    [Fact]
    public async Task A_manager_that_stays_away_is_tried_ever_less_often_but_not_given_up()
    {
        var absent = _sockets.Next();
        _names.Are(absent);
        await using var platform = await StartAsync();

        // Each failure is a reason to look up, a quarter of a second apart at least: so what is looked up bounds what was tried.
        var begun = _time.GetUtcNow();
        await _time.AdvanceUntilAsync(_names.Asked.WaitForAsync(_ => _names.Asked.All.Count == 20), Step);
        Assert.InRange(_time.GetUtcNow() - begun, TimeSpan.FromSeconds(20 * 0.25 * 0.75), TimeSpan.FromMinutes(5));

        await using var manager = new TestManager(absent);
        await manager.StartAsync();
        await _time.AdvanceUntilAsync(manager.Acks.WaitForAsync(_ => true), Step);
    }

    [Fact]
    public async Task The_system_knows_names()
    {
        var found = await new SystemNameResolver().ResolveAsync("localhost", 8081, Platform.Cancelled);

        Assert.NotEmpty(found);
        Assert.All(found, endPoint => Assert.True(endPoint is IPEndPoint { Port: 8081 } ip && IPAddress.IsLoopback(ip.Address)));
    }

    [Theory]
    [InlineData("unix:/run/m.sock", "unix:/run/m.sock")]
    [InlineData("unix:/run/a,b.sock", "unix:/run/a,b.sock")]
    [InlineData("http://10.0.0.1:81,http://[::1]:82", "http://10.0.0.1:81", "http://[::1]:82")]
    [InlineData("unix:/a, http://managers.pool.svc:81 ,", "unix:/a", "http://managers.pool.svc:81")]
    [InlineData("http://localhost:81/", "http://localhost:81/")]
    public void Addresses_are_separated_by_commas(string text, params string[] expected)
        => Assert.Equal(expected, ManagerAddress.ParseAll(text).Select(address => address.Text));

    [Theory]
    [InlineData("http://managers.pool.svc:8081", "managers.pool.svc", 8081)]
    [InlineData("http://managers:80/", "managers", 80)]
    [InlineData("http://127.0.0.1:80", "", 0)]
    [InlineData("http://localhost:80", "", 0)]
    [InlineData("https://managers.pool.svc:8081", "managers.pool.svc", 8081)]
    [InlineData("https://127.0.0.1:443", "", 0)]
    public void A_name_is_looked_up_an_address_is_not(string text, string host, int port)
    {
        var address = Assert.Single(ManagerAddress.ParseAll(text));

        Assert.Equal((host, port), (address.Host, address.Port));
        Assert.Equal(host.Length == 0, address.EndPoint is not null);
        Assert.Equal(text.StartsWith("https", StringComparison.Ordinal), address.Tls);
    }

    [Theory]
    [InlineData("", "no address")]
    [InlineData(" , ", "no address")]
    [InlineData("http://managers.pool.svc", "http://name:port")]
    [InlineData("http://managers.pool.svc:0", "'http://managers.pool.svc:0'")]
    [InlineData("http://managers.pool.svc:99999", "'http://managers.pool.svc:99999'")]
    [InlineData("http://managers.pool.svc:81/path", "'http://managers.pool.svc:81/path'")]
    [InlineData("http://user@managers:81", "'http://user@managers:81'")]
    [InlineData("https://managers", "'https://managers'")]
    [InlineData("managers:81", "'managers:81'")]
    public void What_is_no_address_is_said_with_what_would_be(string text, string message)
        => Assert.Contains(message, Assert.Throws<FormatException>(() => ManagerAddress.ParseAll(text)).Message, StringComparison.Ordinal);

    public void Dispose() => _sockets.Dispose();

    private Task<Platform> StartAsync()
        => Platform.StartAsync(options => options.Manager = "http://managers.example:8081", _time, withManager: false, _names);

    private async Task<TestManager> ManagerAsync(bool leads)
    {
        var manager = new TestManager(_sockets.Next(), leads);
        await manager.StartAsync();
        return manager;
    }

    private static FunctionRoute Routed(string name)
        => new() { Function = new() { Namespace = "default", Name = name }, Revision = "r1", Concurrency = 100, Pool = "default" };
}
