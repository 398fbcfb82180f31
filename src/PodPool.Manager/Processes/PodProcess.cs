using System.Diagnostics;

namespace PodPool.Manager.Processes;

/// <summary>One pod's process, which runs as far as is known.</summary>
/// <param name="record">What is on disk.</param>
/// <param name="process">Null: it is no child of this manager, but was adopted.</param>
internal sealed class PodProcess(PodRecord record, Process? process)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ending;
    private int _told;

    public PodRecord Record { get; set; } = record;

    public Process? Process { get; } = process;

    public Task Ended => _ended.Task;

    public string? KilledBecause { get; set; }

    public bool IsEnding => Volatile.Read(ref _ending) != 0;

    public bool TryBeginEnd() => Interlocked.Exchange(ref _ending, 1) == 0;

    public void EndFailed() => Volatile.Write(ref _ending, 0);

    /// <summary>True once: for the one that tells its end.</summary>
    public bool TryTellEnd() => Interlocked.Exchange(ref _told, 1) == 0;

    public void SetEnded()
    {
        _ended.TrySetResult();
        Process?.Dispose();
    }
}
