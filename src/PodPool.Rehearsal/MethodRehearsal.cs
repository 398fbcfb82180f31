namespace PodPool.Rehearsal;

/// <summary>Methods on a plain class.</summary>
public sealed class MethodRehearsal
{
    public async Task<Message> AnswerAsync(Message input, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return input;
    }

    public static Message Same(Message input) => input;
}
