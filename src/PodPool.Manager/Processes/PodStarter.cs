using System.ComponentModel;
using System.Diagnostics;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Processes;

/// <summary>Starts pods' processes, so that each is known to the next manager whenever this one is killed.</summary>
internal sealed partial class PodStarter(
    RuntimeProgram program, ClaimKey key, PodProcesses processes, PodFolders folders, PodRecords records, PodLogs logs, ILogger logger)
{
    /// <summary>Starts one.</summary>
    /// <exception cref="PodCreationException">It could not be started; nothing of it is left.</exception>
    public void Start(PodId pod, PoolOptions pool)
    {
        try
        {
            var folder = folders.Create(pod);
            var record = new PodRecord(pod.Value, pool.Name, 0, 0, pool.MemoryBytes);
            var start = program.StartInfo(logs.PathOf(pod), folder, pool.MemoryBytes,
            [
                new(PodEnvironment.PodId, pod.Value),
                new(PodEnvironment.LoaderAddress, folders.LoaderAddressOf(pod)),
                new(PodEnvironment.FunctionAddress, folders.FunctionAddressOf(pod)),
                new(PodEnvironment.ClaimKey, key.PublicKey),
                new(PodEnvironment.FilesFolder, folder.Files),
            ]);

            // Noted before and after: whenever this manager is killed, the next one finds the process.
            records.Write(record);
            var process = new Process { StartInfo = start, EnableRaisingEvents = true };
            var running = new PodProcess(record, process);
            processes.Add(pod, running);
            process.Exited += (_, _) => processes.Ended(pod, running);
            process.Start();
            running.Record = record with { Process = process.Id, ProcessStart = ProcessTable.StartOf(process.Id) ?? 0 };
            records.Write(running.Record);
            Log.Started(logger, pod.Value, running.Record.Process);
            if (!processes.TryTellAppeared(pod, running))
            {
                // It ended at once, and was cleaned up before the last note.
                processes.Clean(pod);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Win32Exception)
        {
            processes.Forget(pod);
            processes.Clean(pod);
            throw new PodCreationException($"the pod's process could not be started: {exception.Message}", exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Pod {Pod} is process {Process}", EventName = "Started")]
        public static partial void Started(ILogger logger, string pod, int process);
    }
}
