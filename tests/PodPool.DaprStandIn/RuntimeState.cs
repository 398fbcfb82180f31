namespace PodPool.DaprStandIn;

/// <summary>How far the process has come, and what it knows of itself.</summary>
internal sealed class RuntimeState : IDisposable
{
    /// <summary>The version whose behaviour was followed, and that it is not the real one.</summary>
    public const string Version = "1.16.0-stand-in";

    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The application was found and has what it asked for.</summary>
    public bool IsReady { get; set; }

    /// <summary>Calls from the application are answered.</summary>
    public bool IsOutboundReady { get; set; }

    /// <summary>What callers said of the process themselves.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Extended { get; } = new();

    /// <summary>Somebody wants the process to end.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Streams that are open end now.</summary>
    public CancellationToken Ending => _ending.Token;

    public void Ask() => _asked.TrySetResult();

    public Task EndAsync() => _ending.CancelAsync();

    public void Dispose() => _ending.Dispose();
}
