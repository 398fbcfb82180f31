namespace PodPool.Following;

/// <summary>Something has happened; how often does not matter. Reset it first, then look what.</summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource _happened = New();

    /// <summary>Completes when it is set.</summary>
    public Task Happened => _happened.Task;

    public void Set() => _happened.TrySetResult();

    public void Reset()
    {
        if (_happened.Task.IsCompleted)
        {
            _happened = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
