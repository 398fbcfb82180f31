using System.Collections.Concurrent;

namespace PodPool.Rehearsal;

/// <summary>The application's service.</summary>
public sealed class Notes
{
    private readonly ConcurrentDictionary<int, Message> _notes = new();

    public Message Add(Message message) => _notes[message.Number] = message;

    public Message? Find(int id) => _notes.GetValueOrDefault(id);
}

/// <summary>The application's hosted service.</summary>
public sealed class Heartbeat : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
}
