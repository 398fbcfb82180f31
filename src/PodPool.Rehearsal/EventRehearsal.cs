using CloudNative.CloudEvents;
using PodPool.Functions;

namespace PodPool.Rehearsal;

public sealed class EventRehearsal : ICloudEventFunction
{
    public Task HandleAsync(CloudEvent cloudEvent, CancellationToken cancellationToken)
        => cloudEvent.Id is null ? throw new ArgumentException("no id", nameof(cloudEvent)) : Task.CompletedTask;
}

public sealed class TypedEventRehearsal : ICloudEventFunction<Message>
{
    public Task HandleAsync(CloudEvent cloudEvent, Message data, CancellationToken cancellationToken)
        => data.Text.Length == 0 ? throw new ArgumentException("no text", nameof(data)) : Task.CompletedTask;
}
