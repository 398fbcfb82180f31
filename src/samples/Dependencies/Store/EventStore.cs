using Microsoft.Data.Sqlite;
using NodaTime;

namespace Dependencies.Store;

/// <summary>The events, in an SQLite database in memory: what is native about this sample.</summary>
internal sealed class EventStore : IDisposable
{
    // One connection keeps the database alive, and it may be used by one request at a time.
    private readonly SqliteConnection _connection = new("Data Source=:memory:");
    private readonly Lock _turn = new();

    public EventStore()
    {
        SQLitePCL.Batteries_V2.Init();
        _connection.Open();
        using var script = new StreamReader(typeof(EventStore).Assembly.GetManifestResourceStream("agenda.sql")!);
        using var command = _connection.CreateCommand();
        command.CommandText = script.ReadToEnd();
        command.ExecuteNonQuery();
    }

    /// <summary>The events that start in an interval, in order.</summary>
    public IReadOnlyList<StoredEvent> Between(Interval interval)
    {
        lock (_turn)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT title, starts, minutes, notes FROM event WHERE starts >= $from AND starts < $to ORDER BY starts";
            command.Parameters.AddWithValue("$from", interval.Start.ToUnixTimeSeconds());
            command.Parameters.AddWithValue("$to", interval.End.ToUnixTimeSeconds());
            using var reader = command.ExecuteReader();
            var events = new List<StoredEvent>();
            while (reader.Read())
            {
                events.Add(new StoredEvent(
                    reader.GetString(0), Instant.FromUnixTimeSeconds(reader.GetInt64(1)), Duration.FromMinutes(reader.GetInt64(2)), reader.GetString(3)));
            }

            return events;
        }
    }

    public void Dispose() => _connection.Dispose();
}

/// <param name="Notes">Markdown.</param>
internal sealed record StoredEvent(string Title, Instant Starts, Duration Lasts, string Notes);
