using PodPool.Core;

namespace PodPool.Manager.Processes;

/// <summary>Looks after the processes now and then: who has ended unheard, who uses more memory than it may, whose log is too long.</summary>
internal sealed partial class PodWatch(PodProcesses processes, PodLogs logs, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private ITimer? _looking;

    public void Start() => _looking = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_looking is not null)
        {
            await _looking.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Look()
    {
        try
        {
            foreach (var (pod, running) in processes.All)
            {
                processes.CheckAdopted(pod, running);
                GuardMemory(pod, running);
            }

            logs.Trim(processes.Contains);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LookFailed(logger, exception);
        }
    }

    private void GuardMemory(PodId pod, PodProcess running)
    {
        if (running.Record is { MemoryBytes: > 0 and var limit, Process: not 0 and var process } && ProcessTable.MemoryOf(process) is { } used && used > limit)
        {
            running.KilledBecause = $"it was ended: it used {used >> 20} MiB of memory, more than its {limit >> 20} MiB";
            Log.OverMemory(logger, pod.Value, used >> 20, limit >> 20);
            PodProcesses.KillTree(running.Record);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6, LogLevel.Warning, "Pod {Pod} used {Used} MiB of memory, more than its {Limit} MiB: it is ended", EventName = "OverMemory")]
        public static partial void OverMemory(ILogger logger, string pod, long used, long limit);

        [LoggerMessage(8, LogLevel.Warning, "Pods and their logs could not be looked after", EventName = "LookFailed")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
