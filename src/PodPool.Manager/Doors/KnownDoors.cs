using System.Collections.Concurrent;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Doors;

/// <summary>Where a door stands: each serves the instances of one trust domain on one node.</summary>
internal readonly record struct DoorPlace(string TrustDomain, string Node);

/// <summary>Where the doors are that are connected, or were a while ago: one that starts anew comes back to the same place.</summary>
internal sealed class KnownDoors(TimeProvider time)
{
    /// <summary>Longer than any restart of a door or of its node; what stays away longer is as good as none, and its node may be gone.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<DoorPlace, Known> _doors = new();
    private TaskCompletionSource _arrival = NewSignal();

    /// <summary>Whether there is any door of a trust domain, on whichever node.</summary>
    public bool HasAny(string trustDomain) => _doors.Any(door => door.Key.TrustDomain == trustDomain && IsRemembered(door.Value));

    /// <summary>A door connected.</summary>
    public void Add(DoorConnection connection)
    {
        _doors[connection.Place] = new(connection, LeftAt: null);
        foreach (var door in _doors.Where(door => !IsRemembered(door.Value)))
        {
            _doors.TryRemove(door);
        }

        Interlocked.Exchange(ref _arrival, NewSignal()).SetResult();
    }

    /// <summary>A door's connection ended; another one of the same place may have begun before.</summary>
    public void Remove(DoorConnection connection)
        => _doors.TryUpdate(connection.Place, new(connection, time.GetTimestamp()), new(connection, LeftAt: null));

    /// <summary>The door of a place, connected or not.</summary>
    /// <param name="place">The place.</param>
    /// <param name="patience">How long it is waited for, if none was heard of: after a start of the manager doors take a moment to come.</param>
    /// <returns>Null: there is none.</returns>
    public async ValueTask<DoorHello?> FindAsync(DoorPlace place, TimeSpan patience)
    {
        if (Find(place) is { } known)
        {
            return known;
        }

        using var over = new CancellationTokenSource(patience, time);
        while (!over.IsCancellationRequested)
        {
            var arrival = Volatile.Read(ref _arrival).Task;
            if (Find(place) is { } come)
            {
                return come;
            }

            await arrival.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private DoorHello? Find(DoorPlace place) => _doors.TryGetValue(place, out var known) && IsRemembered(known) ? known.Connection.Hello : null;

    private bool IsRemembered(Known door) => door.LeftAt is not { } left || time.GetElapsedTime(left) < Remembered;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Known(DoorConnection Connection, long? LeftAt);
}
