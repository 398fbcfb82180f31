using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Doors;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Doors;

/// <summary>How long it is remembered where a door was.</summary>
public sealed class KnownDoorsTests
{
    private static readonly DoorPlace Place = new(TrustDomains.Default, "node");

    private readonly FakeTimeProvider _time = new();
    private readonly KnownDoors _doors;

    public KnownDoorsTests() => _doors = new(_time);

    [Fact]
    public async Task A_door_that_is_away_for_a_while_is_still_where_it_was()
    {
        var door = new DoorConnection(TestDoor.Hello("node"));
        _doors.Add(door);
        _doors.Remove(door);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Same(door.Hello, await _doors.FindAsync(Place, TimeSpan.Zero));
        Assert.True(_doors.HasAny(TrustDomains.Default));
        Assert.False(_doors.HasAny("another"));
    }

    [Fact]
    public async Task A_door_that_stays_away_is_forgotten_and_one_that_stays_is_not()
    {
        var gone = new DoorConnection(TestDoor.Hello("node"));
        var stays = new DoorConnection(TestDoor.Hello("other"));
        _doors.Add(gone);
        _doors.Add(stays);
        _doors.Remove(gone);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await _doors.FindAsync(Place, TimeSpan.Zero));
        Assert.Same(stays.Hello, await _doors.FindAsync(Place with { Node = "other" }, TimeSpan.Zero));
    }

    [Fact]
    public async Task The_end_of_a_connection_that_was_followed_by_another_ends_nothing()
    {
        var first = new DoorConnection(TestDoor.Hello("node"));
        var second = new DoorConnection(TestDoor.Hello("node"));
        _doors.Add(first);
        _doors.Add(second);
        _doors.Remove(first);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Same(second.Hello, await _doors.FindAsync(Place, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_door_that_comes_while_it_is_waited_for_is_found()
    {
        var finding = _doors.FindAsync(Place, TimeSpan.FromSeconds(5)).AsTask();
        _doors.Add(new(TestDoor.Hello("other")));
        Assert.False(finding.IsCompleted);
        var door = new DoorConnection(TestDoor.Hello("node"));
        _doors.Add(door);
        Assert.Same(door.Hello, await finding);
    }
}
