using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Processes;

/// <summary>Each generic pod is a process on this machine, with two Unix sockets that only this user can reach.</summary>
internal sealed partial class ProcessPlatform : IPodPlatform, IAsyncDisposable
{
    private readonly ManagerOptions _options;
    private readonly ILogger _logger;
    private readonly PodFolders _folders;
    private readonly PodLogs _logs;
    private readonly PodProcesses _processes;
    private readonly PodStarter _starter;
    private readonly PodTakeover _takeover;
    private readonly PodWatch _watch;

    /// <exception cref="ManagerOptionsException">There is no program to start.</exception>
    public ProcessPlatform(ManagerOptions options, ClaimKey key, TimeProvider time, ILogger<ProcessPlatform> logger)
    {
        (_options, _logger) = (options, logger);
        var records = new PodRecords(Path.Combine(options.StateFolder, "pods"));
        var program = RuntimeProgram.Find(options.RuntimeFolder);
        _logs = new(Path.Combine(options.StateFolder, "logs"), options.LogBytes, options.KeepLogs, time);
        _folders = new(options.StateFolder, logger);
        _processes = new(_folders, records, _logs, time, logger);
        _starter = new(program, key, _processes, _folders, records, _logs, logger);
        _takeover = new(options, _processes, _folders, records, logger);
        _watch = new(_processes, _logs, time, logger);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken)
    {
        _processes.TellTo(observer);
        _takeover.Run();
        _watch.Start();
        return ListAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken) => Task.Run(() => _starter.Start(pod, pool), cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
    {
        if (!_processes.TryGet(pod, out var running))
        {
            _processes.TellUnknown(pod);
            return;
        }

        // One that is just being started is asked for again by the pool.
        if (running.Record.Process == 0 || !running.TryBeginEnd())
        {
            return;
        }

        var patience = gently ? _options.KillAfter : TimeSpan.Zero;
        if (gently && running.Record.IsAlive)
        {
            Signals.AskToEnd(running.Record.Process);
        }

        if (await _processes.HasEndedAsync(running, patience, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        Log.Killing(_logger, pod.Value, patience.TotalMilliseconds);
        PodProcesses.KillTree(running.Record);
        if (!await _processes.HasEndedAsync(running, _options.KillAfter, cancellationToken).ConfigureAwait(false))
        {
            running.EndFailed();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(_processes.List());

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => _processes.ExistsAsync(pod, cancellationToken);

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
        (Logs: _logs, Order: order, Logger: _logger),
        preferLocal: false);

    /// <inheritdoc/>
    public void Observed(PodObservation observation)
    {
        // Nobody looks at a list of processes for what a pod does.
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken)
        => _logs.ReadAsync(pod, tail, follow, () => !_processes.Contains(pod), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken)
        => Task.Run(() => _logs.PodsOf(function), cancellationToken);

    /// <inheritdoc/>
    public async Task StopAsync(bool keepPods, CancellationToken cancellationToken)
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        if (keepPods)
        {
            _processes.LetGo();
            _folders.RemoveEmpty();
            return;
        }

        while (!_processes.IsEmpty)
        {
            await Task.WhenAll(_processes.Pods.Select(pod => DeleteAsync(pod, gently: true, cancellationToken))).ConfigureAwait(false);
            await Task.WhenAll(_processes.All.Select(pair => _processes.HasEndedAsync(pair.Value, _options.KillAfter, cancellationToken))).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        _folders.RemoveAllBut([]);
        _folders.RemoveEmpty();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);

        // One that was never started made them too.
        _folders.RemoveEmpty();
    }

    private static partial class Log
    {
        [LoggerMessage(5, LogLevel.Debug, "Pod {Pod} did not end within {Patience} ms: it is killed", EventName = "Killing")]
        public static partial void Killing(ILogger logger, string pod, double patience);

        [LoggerMessage(9, LogLevel.Warning, "Whose log pod {Pod} writes could not be noted", EventName = "OwnerNotNoted")]
        public static partial void OwnerNotNoted(ILogger logger, Exception exception, string pod);
    }
}
