using System.Diagnostics;
using System.Runtime.InteropServices;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime;

/// <summary>The pod as the loader endpoint sees it: its one life, and before it the rehearsal's.</summary>
internal sealed partial class Pod(PodOptions options, Specializer own, FunctionApplication endpoint, TimeProvider time, ILogger<Pod> logger) : IDisposable
{
    /// <summary>What a function gets to end after its last request, and what cut-off requests get to notice it.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>Bytes received ahead of a claim, after which the memory that the receiving took is given back.</summary>
    private const long TidyAfter = 1 << 20;

    private readonly CancellationTokenSource _stopping = new();

    // Where claims go: to the pod itself, and during the rehearsal to what rehearses.
    private Specializer _current = own;
    private readonly Specializer _own = own;
    private Duration? _rehearsal;

    /// <summary>Fires when the process is about to end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <exception cref="RefusalException">As loader.proto lists them.</exception>
    /// <exception cref="OperationCanceledException">The caller left, or the pod ends, before there was a claim.</exception>
    public async Task<SpecializeResponse> SpecializeAsync(IAsyncStreamReader<SpecializeRequest> parts, CancellationToken cancellationToken)
    {
        if (!await HasClaimAsync(parts, cancellationToken).ConfigureAwait(false))
        {
            throw new RefusalException(Reason.ClaimUnsigned, "the stream ended before it brought a claim", ("pod", options.PodId));
        }

        var current = Volatile.Read(ref _current);
        try
        {
            return await current.SpecializeAsync(parts, cancellationToken).ConfigureAwait(false);
        }
        catch (RefusalException refusal) when (current != _own && refusal.Reason is >= Reason.ClaimUnsigned and <= Reason.ClaimConflict)
        {
            // Whosever the claim is, it is not the rehearsal's.
            throw PodLife.NotWarm(options.PodId, PodPhase.PodStarting);
        }
    }

    /// <summary>Managers open the call long before there is a claim; neither they nor the pod wait for it when they end.</summary>
    private async Task<bool> HasClaimAsync(IAsyncStreamReader<SpecializeRequest> parts, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return await parts.MoveNext(ending.Token).ConfigureAwait(false);
        }
        catch (IOException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <exception cref="RefusalException">As loader.proto lists them.</exception>
    public async Task PrefetchAsync(IAsyncStreamReader<PrefetchRequest> parts, CancellationToken cancellationToken)
    {
        var current = Volatile.Read(ref _current);
        try
        {
            var received = await current.PrefetchAsync(parts, cancellationToken).ConfigureAwait(false);
            if (current == _own && received > TidyAfter)
            {
                IdleMemory.Release();
            }
        }
        catch (RefusalException refusal) when (current != _own && refusal.Reason is >= Reason.ClaimUnsigned and <= Reason.ClaimConflict)
        {
            throw PodLife.NotWarm(options.PodId, PodPhase.PodStarting);
        }
    }

    /// <summary>The start profile, once it is recorded.</summary>
    /// <exception cref="RefusalException">POD_NOT_WARM: nothing is recorded, and will be.</exception>
    public Task<ProfileResponse> ProfileAsync(CancellationToken cancellationToken)
        => _own.Life.State.Phase is PodPhase.PodServing or PodPhase.PodDraining
            ? _own.Recorder.Recorded.WaitAsync(cancellationToken)
            : throw PodLife.NotWarm(options.PodId, _own.Life.State.Phase);

    /// <summary>What to rehearse with; until <see cref="BecomeWarm"/>.</summary>
    public void Rehearse(Specializer rehearsing) => Volatile.Write(ref _current, rehearsing);

    public void BecomeWarm(TimeSpan rehearsal)
    {
        _rehearsal = Duration.FromTimeSpan(rehearsal);
        Volatile.Write(ref _current, _own);
        _own.Life.BecomeWarm();
        Log.Warm(logger, options.PodId, (long)rehearsal.TotalMilliseconds, (long)(time.GetLocalNow() - Process.GetCurrentProcess().StartTime).TotalMilliseconds);
    }

    public (PodStatus Status, Task Changed) ObserveStatus()
    {
        var (state, changed) = _own.Life.Observe();
        var (files, packages) = _own.Held.Contents;
        var status = new PodStatus
        {
            PodId = options.PodId,
            Phase = state.Phase,
            Binding = state.Binding,
            InFlight = endpoint.Bound?.Gate.Count ?? 0,
            FunctionAddress = options.FunctionAddress,
            RuntimeVersion = Environment.Version.ToString(),
            RuntimeIdentifier = RuntimeInformation.RuntimeIdentifier,
            Rehearsal = _rehearsal,
            Failure = state.Failure,
            Message = state.Message,
            HeldFiles = { files },
            HeldPackages = { packages },
        };
        return (status, changed);
    }

    /// <summary>No new requests; waits for the running ones, and cuts them off when the grace is over.</summary>
    /// <returns>How many were cut off.</returns>
    public async Task<int> DrainAsync(TimeSpan grace)
    {
        var begun = time.GetTimestamp();
        var phase = _own.Life.State.Phase;
        if (phase == PodPhase.PodSpecializing)
        {
            await ((Task)_own.Life.Outcome).WaitAsync(grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // The gate first: who sees that the pod drains must not get another request in.
        var bound = _own.Life.IsBound ? endpoint.Bound : null;
        var idle = bound?.Gate.CloseAsync() ?? Task.CompletedTask;
        _own.Life.BeginDrain();
        if (bound is null)
        {
            return 0;
        }

        Log.Draining(logger, bound.Gate.Count);
        _own.Recorder.End();
        bound.Target.BeginStop();
        var left = grace - time.GetElapsedTime(begun);
        await idle.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var aborted = 0;
        if (!idle.IsCompleted)
        {
            aborted = bound.Gate.Abort();
            Log.Aborted(logger, aborted);
            await idle.WaitAsync(LastWords, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        using var patience = new CancellationTokenSource(LastWords, time);
        await bound.Target.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return aborted;
    }

    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Pod {Pod} is warm: rehearsed in {Rehearsal} ms, {SinceStart} ms after its start", EventName = "Warm")]
        public static partial void Warm(ILogger logger, string pod, long rehearsal, long sinceStart);

        [LoggerMessage(2, LogLevel.Information, "Draining, {InFlight} requests run", EventName = "Draining")]
        public static partial void Draining(ILogger logger, int inFlight);

        [LoggerMessage(3, LogLevel.Warning, "{Aborted} requests were cut off", EventName = "Aborted")]
        public static partial void Aborted(ILogger logger, int aborted);
    }
}
