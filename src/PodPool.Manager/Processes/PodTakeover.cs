namespace PodPool.Manager.Processes;

/// <summary>What an earlier manager left: pods that still run are taken over, all else is ended and removed.</summary>
internal sealed partial class PodTakeover(ManagerOptions options, PodProcesses processes, PodFolders folders, PodRecords records, ILogger logger)
{
    public void Run()
    {
        var unowned = ProcessTable.PodsBelow(folders.Sockets).ToLookup(found => found.Pod, found => found.Process).ToDictionary(found => found.Key, found => found.Min());
        foreach (var record in records.ReadAll())
        {
            // A manager that was killed between a start and the note of it left a record without the process.
            var complete = record.Process == 0 && unowned.TryGetValue(record.Pod, out var started)
                ? record with { Process = started, ProcessStart = ProcessTable.StartOf(started) ?? 0 }
                : record;
            if (complete.IsAlive && options.Pools.Any(pool => pool.Name == complete.Pool))
            {
                unowned.Remove(complete.Pod);
                records.Write(complete);
                processes.Add(new(complete.Pod), new(complete, null));
                Log.Found(logger, complete.Pod, complete.Process);
            }
            else
            {
                processes.Clean(new(record.Pod));
            }
        }

        foreach (var (pod, process) in unowned)
        {
            Log.EndingUnowned(logger, pod, process);
            Signals.End(process);
        }

        folders.RemoveAllBut(processes.Pods);
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Information, "Pod {Pod}, process {Process}, was left by an earlier manager and still runs", EventName = "Found")]
        public static partial void Found(ILogger logger, string pod, int process);

        [LoggerMessage(3, LogLevel.Warning, "Process {Process} was pod {Pod}, which nobody owns: it is ended", EventName = "EndingUnowned")]
        public static partial void EndingUnowned(ILogger logger, string pod, int process);
    }
}
