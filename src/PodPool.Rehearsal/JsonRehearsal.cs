using PodPool.Functions;

namespace PodPool.Rehearsal;

public sealed class JsonRehearsal : IFunction<Message, Message>
{
    public Task<Message> HandleAsync(Message input, FunctionContext context, CancellationToken cancellationToken)
        => Task.FromResult(input with { Text = $"{context.Name}: {input.Text}" });
}
