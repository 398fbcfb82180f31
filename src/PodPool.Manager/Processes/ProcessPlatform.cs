using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Processes;

/// <summary>Each generic pod is a process on this machine, with two Unix sockets that only this user can reach.</summary>
internal sealed partial class ProcessPlatform(ManagerOptions options, ClaimKey key, TimeProvider time, ILogger<ProcessPlatform> logger)
    : IPodPlatform, IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan EndIsTold = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<PodId, Running> _running = new();

    /// <summary>A pod leaves the list and its end is told in one step: who misses it there has been told why.</summary>
    private readonly Lock _telling = new();
    private readonly PodRecords _records = new(Path.Combine(options.StateFolder, "pods"));
    private readonly PodLogs _logs = new(Path.Combine(options.StateFolder, "logs"), options.LogBytes, options.KeepLogs, time);
    private readonly RuntimeProgram _program = RuntimeProgram.Find(options.RuntimeFolder);
    private readonly PodFolders _folders = new(options.StateFolder, logger);
    private IPlatformObserver? _observer;
    private ITimer? _looking;

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken)
    {
        _observer = observer;
        var unowned = ProcessTable.PodsBelow(_folders.Sockets).ToLookup(found => found.Pod, found => found.Process).ToDictionary(found => found.Key, found => found.Min());
        foreach (var record in _records.ReadAll())
        {
            // A manager that was killed between a start and the note of it left a record without the process.
            var complete = record.Process == 0 && unowned.TryGetValue(record.Pod, out var started)
                ? record with { Process = started, ProcessStart = ProcessTable.StartOf(started) ?? 0 }
                : record;
            if (complete.IsAlive && options.Pools.Any(pool => pool.Name == complete.Pool))
            {
                unowned.Remove(complete.Pod);
                _records.Write(complete);
                _running[new(complete.Pod)] = new(complete, null);
                Log.Found(logger, complete.Pod, complete.Process);
            }
            else
            {
                Clean(new(record.Pod));
            }
        }

        foreach (var (pod, process) in unowned)
        {
            Log.EndingUnowned(logger, pod, process);
            Signals.End(process);
        }

        _folders.RemoveAllBut(_running.Keys);
        _looking = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
        return ListAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken) => Task.Run(() => Start(pod, pool), cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(pod, out var running))
        {
            _observer!.Gone(pod, "it has no process");
            return;
        }

        // One that is just being started is asked for again by the pool.
        if (running.Record.Process == 0 || !running.TryBeginEnd())
        {
            return;
        }

        var patience = gently ? options.KillAfter : TimeSpan.Zero;
        if (gently && running.Record.IsAlive)
        {
            Signals.AskToEnd(running.Record.Process);
        }

        if (await HasEndedAsync(running, patience, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        Log.Killing(logger, pod.Value, patience.TotalMilliseconds);
        KillTree(running.Record);
        if (!await HasEndedAsync(running, options.KillAfter, cancellationToken).ConfigureAwait(false))
        {
            running.EndFailed();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken)
    {
        foreach (var (pod, running) in _running)
        {
            CheckAdopted(pod, running);
        }

        lock (_telling)
        {
            return Task.FromResult<IReadOnlyList<PlatformPod>>([.. _running.Select(pair => Describe(pair.Value.Record))]);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken)
    {
        Running? running;
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

    /// <inheritdoc/>
    public void ClaimStarted(ClaimOrder order) => ThreadPool.UnsafeQueueUserWorkItem(
        static state =>
        {
            try
            {
                state.Logs.NoteOwner(state.Order.Pod, state.Order.Function.Name);
            }
            catch (IOException exception)
            {
                Log.OwnerNotNoted(state.Logger, exception, state.Order.Pod.Value);
            }
        },
        (Logs: _logs, Order: order, Logger: (ILogger)logger),
        preferLocal: false);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken)
        => _logs.ReadAsync(pod, tail, follow, () => !_running.ContainsKey(pod), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken)
        => Task.Run(() => _logs.PodsOf(function), cancellationToken);

    /// <inheritdoc/>
    public async Task StopAsync(bool keepPods, CancellationToken cancellationToken)
    {
        if (_looking is not null)
        {
            await _looking.DisposeAsync().ConfigureAwait(false);
        }

        if (keepPods)
        {
            // They are the next manager's: how they end is not this one's to tell, nor what they leave to remove.
            foreach (var running in _running.Values)
            {
                running.TryTellEnd();
            }

            _folders.RemoveEmpty();
            return;
        }

        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Keys.Select(pod => DeleteAsync(pod, gently: true, cancellationToken))).ConfigureAwait(false);
            await Task.WhenAll(_running.Values.Select(running => HasEndedAsync(running, options.KillAfter, cancellationToken))).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        _folders.RemoveAllBut([]);
        _folders.RemoveEmpty();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_looking is not null)
        {
            await _looking.DisposeAsync().ConfigureAwait(false);
        }

        // One that was never started made them too.
        _folders.RemoveEmpty();
    }

    private void Start(PodId pod, PoolOptions pool)
    {
        try
        {
            var folder = _folders.Create(pod);
            var record = new PodRecord(pod.Value, pool.Name, 0, 0, pool.MemoryBytes);
            var start = _program.StartInfo(_logs.PathOf(pod), folder, pool.MemoryBytes,
            [
                new(PodEnvironment.PodId, pod.Value),
                new(PodEnvironment.LoaderAddress, _folders.LoaderAddressOf(pod)),
                new(PodEnvironment.FunctionAddress, _folders.FunctionAddressOf(pod)),
                new(PodEnvironment.ClaimKey, key.PublicKey),
                new(PodEnvironment.FilesFolder, folder.Files),
            ]);

            // Noted before and after: whenever this manager is killed, the next one finds the process.
            _records.Write(record);
            var process = new Process { StartInfo = start, EnableRaisingEvents = true };
            var running = new Running(record, process);
            _running[pod] = running;
            process.Exited += (_, _) => Ended(pod, running);
            process.Start();
            running.Record = record with { Process = process.Id, ProcessStart = ProcessTable.StartOf(process.Id) ?? 0 };
            _records.Write(running.Record);
            Log.Started(logger, pod.Value, running.Record.Process);
            lock (_telling)
            {
                if (_running.ContainsKey(pod))
                {
                    _observer!.Appeared(Describe(running.Record));
                    return;
                }
            }

            // It ended at once, and was cleaned up before the last note.
            Clean(pod);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or Win32Exception)
        {
            _running.TryRemove(pod, out _);
            Clean(pod);
            throw new PodCreationException($"the pod's process could not be started: {exception.Message}", exception);
        }
    }

    /// <summary>Nobody says when a process ends that is no child: so it is asked when there is a reason, and now and then.</summary>
    private void CheckAdopted(PodId pod, Running running)
    {
        if (running.Process is null && !running.Record.IsAlive)
        {
            Ended(pod, running);
        }
    }

    private void Ended(PodId pod, Running running)
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

    private string WhyEnded(PodId pod, Running running)
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
        var said = _logs.LastLine(pod);
        return said.Length == 0 ? how : $"{how}; it last wrote: {(said.Length > 300 ? said[..300] + "…" : said)}";
    }

    private void Look()
    {
        try
        {
            foreach (var (pod, running) in _running)
            {
                CheckAdopted(pod, running);
                GuardMemory(pod, running);
            }

            _logs.Trim(_running.ContainsKey);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LookFailed(logger, exception);
        }
    }

    private void GuardMemory(PodId pod, Running running)
    {
        if (running.Record is { MemoryBytes: > 0 and var limit, Process: not 0 and var process } && ProcessTable.MemoryOf(process) is { } used && used > limit)
        {
            running.KilledBecause = $"it was ended: it used {used >> 20} MiB of memory, more than its {limit >> 20} MiB";
            Log.OverMemory(logger, pod.Value, used >> 20, limit >> 20);
            KillTree(running.Record);
        }
    }

    private async Task<bool> HasEndedAsync(Running running, TimeSpan patience, CancellationToken cancellationToken)
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

    private static void KillTree(PodRecord record)
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

    private void Clean(PodId pod)
    {
        _folders.Remove(pod);
        _records.Remove(pod);
    }

    private PlatformPod Describe(PodRecord record) => new(new(record.Pod), record.Pool, Environment.MachineName, _folders.LoaderAddressOf(new(record.Pod)));

    /// <summary>A process that runs, as far as is known.</summary>
    /// <param name="record">What is on disk.</param>
    /// <param name="process">Null: it is no child of this manager, but was adopted.</param>
    private sealed class Running(PodRecord record, Process? process)
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

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Pod {Pod} is process {Process}", EventName = "Started")]
        public static partial void Started(ILogger logger, string pod, int process);

        [LoggerMessage(2, LogLevel.Information, "Pod {Pod}, process {Process}, was left by an earlier manager and still runs", EventName = "Found")]
        public static partial void Found(ILogger logger, string pod, int process);

        [LoggerMessage(3, LogLevel.Warning, "Process {Process} was pod {Pod}, which nobody owns: it is ended", EventName = "EndingUnowned")]
        public static partial void EndingUnowned(ILogger logger, string pod, int process);

        [LoggerMessage(4, LogLevel.Debug, "Pod {Pod}, process {Process}, is gone: {Why}", EventName = "Ended")]
        public static partial void Ended(ILogger logger, string pod, int process, string why);

        [LoggerMessage(5, LogLevel.Debug, "Pod {Pod} did not end within {Patience} ms: it is killed", EventName = "Killing")]
        public static partial void Killing(ILogger logger, string pod, double patience);

        [LoggerMessage(6, LogLevel.Warning, "Pod {Pod} used {Used} MiB of memory, more than its {Limit} MiB: it is ended", EventName = "OverMemory")]
        public static partial void OverMemory(ILogger logger, string pod, long used, long limit);

        [LoggerMessage(7, LogLevel.Warning, "The record of pod {Pod} could not be removed", EventName = "NotCleaned")]
        public static partial void NotCleaned(ILogger logger, Exception exception, string pod);

        [LoggerMessage(8, LogLevel.Warning, "Pods and their logs could not be looked after", EventName = "LookFailed")]
        public static partial void LookFailed(ILogger logger, Exception exception);

        [LoggerMessage(9, LogLevel.Warning, "Whose log pod {Pod} writes could not be noted", EventName = "OwnerNotNoted")]
        public static partial void OwnerNotNoted(ILogger logger, Exception exception, string pod);
    }
}
