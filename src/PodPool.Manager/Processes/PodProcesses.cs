using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PodPool.Core;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Processes;

/// <summary>The processes that run, and how it is noticed and told that one has ended.</summary>
internal sealed partial class PodProcesses(PodFolders folders, PodRecords records, PodLogs logs, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan EndIsTold = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<PodId, PodProcess> _running = new();

    /// <summary>A pod leaves the list and its end is told in one step: who misses it there has been told why.</summary>
    private readonly Lock _telling = new();
    private IPlatformObserver? _observer;

    /// <summary>All of them.</summary>
    public IEnumerable<KeyValuePair<PodId, PodProcess>> All => _running;

    public ICollection<PodId> Pods => _running.Keys;

    public bool IsEmpty => _running.IsEmpty;

    public bool Contains(PodId pod) => _running.ContainsKey(pod);

    public bool TryGet(PodId pod, [NotNullWhen(true)] out PodProcess? running) => _running.TryGetValue(pod, out running);

    /// <summary>Tells an observer from now on.</summary>
    public void TellTo(IPlatformObserver observer) => _observer = observer;

    public void Add(PodId pod, PodProcess running) => _running[pod] = running;

    /// <summary>It was never there: nobody is told.</summary>
    public void Forget(PodId pod) => _running.TryRemove(pod, out _);

    /// <summary>Says that a pod is there.</summary>
    /// <returns>False: it has ended already.</returns>
    public bool TryTellAppeared(PodId pod, PodProcess running)
    {
        lock (_telling)
        {
            if (!_running.ContainsKey(pod))
            {
                return false;
            }

            _observer!.Seen(Describe(running.Record));
            return true;
        }
    }

    /// <summary>Says that a pod is gone of which there is no process.</summary>
    public void TellUnknown(PodId pod) => _observer!.Gone(pod, "it has no process");

    /// <summary>The pods that exist now.</summary>
    public IReadOnlyList<PlatformPod> List()
    {
        foreach (var (pod, running) in _running)
        {
            CheckAdopted(pod, running);
        }

        lock (_telling)
        {
            return [.. _running.Select(pair => Describe(pair.Value.Record))];
        }
    }

    /// <summary>Whether a pod exists now; if not, the observer has been told why, or is about to be.</summary>
    public async Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken)
    {
        PodProcess? running;
        lock (_telling)
        {
            if (!_running.TryGetValue(pod, out running))
            {
                return false;
            }
        }

        CheckAdopted(pod, running);
        if (running.Record.IsAlive)
        {
            return true;
        }

        // A child that ended is about to be told of, with the reason.
        await running.Ended.WaitAsync(EndIsTold, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return false;
    }

    /// <summary>Waits for a process to end.</summary>
    /// <returns>Whether it has.</returns>
    public async Task<bool> HasEndedAsync(PodProcess running, TimeSpan patience, CancellationToken cancellationToken)
    {
        var pod = new PodId(running.Record.Pod);
        var begun = time.GetTimestamp();
        while (!running.Ended.IsCompleted)
        {
            var left = patience - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            // A child tells its end; what was adopted is looked at.
            var wait = running.Process is null ? TimeSpan.FromMilliseconds(Math.Min(20, left.TotalMilliseconds)) : left;
            await running.Ended.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            CheckAdopted(pod, running);
        }

        return true;
    }

    /// <summary>Nobody says when a process ends that is no child: so it is asked when there is a reason, and now and then.</summary>
    public void CheckAdopted(PodId pod, PodProcess running)
    {
        if (running.Process is null && !running.Record.IsAlive)
        {
            Ended(pod, running);
        }
    }

    /// <summary>A process has ended: tells it, once, and removes what it left.</summary>
    public void Ended(PodId pod, PodProcess running)
    {
        if (!running.TryTellEnd())
        {
            return;
        }

        var why = WhyEnded(pod, running);
        Log.Ended(logger, pod.Value, running.Record.Process, why);
        lock (_telling)
        {
            _running.TryRemove(pod, out _);
            _observer!.Gone(pod, why);
        }

        try
        {
            Clean(pod);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotCleaned(logger, exception, pod.Value);
        }

        running.SetEnded();
    }

    /// <summary>They are the next manager's: how they end is not this one's to tell, nor what they leave to remove.</summary>
    public void LetGo()
    {
        foreach (var running in _running.Values)
        {
            running.TryTellEnd();
        }
    }

    /// <summary>Removes what is kept of a pod that is not there.</summary>
    public void Clean(PodId pod)
    {
        folders.Remove(pod);
        records.Remove(pod);
    }

    /// <summary>Ends a process and all that it started, at once.</summary>
    public static void KillTree(PodRecord record)
    {
        try
        {
            if (record.IsAlive)
            {
                using var process = Process.GetProcessById(record.Process);
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile, or a child of its did: the process itself is what counts.
            Signals.End(record.Process);
        }
    }

    private string WhyEnded(PodId pod, PodProcess running)
    {
        if (running.KilledBecause is { } because)
        {
            return because;
        }

        if (running.IsEnding)
        {
            return "its process was ended";
        }

        // The shell's convention, which the base library follows: 128 and the signal's number.
        var code = running.Process?.ExitCode;
        var how = code is null ? "its process ended" : code > 128 ? $"its process was ended by signal {code - 128}" : $"its process ended with exit code {code}";
        var said = logs.LastLine(pod);
        return said.Length == 0 ? how : $"{how}; it last wrote: {(said.Length > 300 ? said[..300] + "…" : said)}";
    }

    private PlatformPod Describe(PodRecord record) => new(new(record.Pod), record.Pool, Environment.MachineName, folders.LoaderAddressOf(new(record.Pod)));

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Debug, "Pod {Pod}, process {Process}, is gone: {Why}", EventName = "Ended")]
        public static partial void Ended(ILogger logger, string pod, int process, string why);

        [LoggerMessage(7, LogLevel.Warning, "The record of pod {Pod} could not be removed", EventName = "NotCleaned")]
        public static partial void NotCleaned(ILogger logger, Exception exception, string pod);
    }
}
