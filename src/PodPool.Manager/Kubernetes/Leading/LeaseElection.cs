using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Leading;

namespace PodPool.Manager.Kubernetes.Leading;

/// <summary>
/// Decides which of several processes leads, by a Lease (coordination.k8s.io/v1) that one of them holds.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Clocks of two machines are never compared: a lease is taken when its record was seen unchanged for its duration by this
/// process's own steady clock, from the end of the answer that first showed it to the begin of the request that last did.</item>
/// <item>Every write names the version it was read at, so of several takers one wins.</item>
/// <item>While the server cannot be reached the leader goes on: nobody can be elected through a server that is down, and pods refuse
/// a second claim by themselves, so two leaders at worst waste a pod: what could do more harm waits at the fence until the lease was renewed. When it
/// <i>sees</i> that another holds the lease it has lost.</item>
/// <item>The epoch, the lease's count of transitions, grows with each change of holder.</item>
/// </list>
/// </remarks>
/// <param name="leases">The cluster's.</param>
/// <param name="options">Which one, and how it is run for.</param>
/// <param name="fence">Told each time that this process wrote it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of changes.</param>
internal sealed partial class LeaseElection(Resource<V1Lease> leases, LeaseOptions options, LeaderFence fence, TimeProvider time, ILogger<LeaseElection> logger)
{
    /// <summary>However many wait at the fence, the server is not asked more often.</summary>
    private static readonly TimeSpan SoonestAgain = TimeSpan.FromMilliseconds(100);

    private readonly ObjectName _name = new(options.Namespace, options.Name);
    private V1Lease? _held;
    private V1LeaseSpec? _seen;
    private long _seenAt;
    private int _newestEpoch;
    private bool _mayHoldIt;
    private bool _isCutOff;
    private string? _lostTo;
    private string? _holder;
    private long _epoch = -1;

    /// <summary>The epoch in which this process leads; null: it does not.</summary>
    public long? Epoch => Interlocked.Read(ref _epoch) is >= 0 and var epoch ? epoch : null;

    /// <summary>Who holds the lease, as last seen; null: nobody, or that is not known yet.</summary>
    public string? Holder => Volatile.Read(ref _holder);

    /// <summary>Who holds the lease that this process held; null: it did not lose it.</summary>
    public string? LostTo => Volatile.Read(ref _lostTo);

    /// <summary>Runs for the lease, leads when it has it, and keeps it.</summary>
    /// <param name="lead">
    /// Begun when this process leads, with the epoch and a token that ends when it no longer shall. May return early: leading goes on.
    /// When it throws, the lease is given back.
    /// </param>
    /// <param name="stopping">Ends the election: after <paramref name="lead"/> has returned the lease is given back.</param>
    /// <exception cref="Exception">What <paramref name="lead"/> threw.</exception>
    public async Task<LeaseEnd> RunAsync(Func<long, CancellationToken, Task> lead, CancellationToken stopping)
    {
        // Not disposed of: work that goes on after a loss may still hold its token.
        var leading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task? work = null;
        while (!stopping.IsCancellationRequested || work is { IsCompleted: false })
        {
            await RoundAsync().ConfigureAwait(false);
            if (_lostTo is { } other)
            {
                await leading.CancelAsync().ConfigureAwait(false);
                return new LeaseEnd.Lost(other);
            }

            if (Epoch is { } epoch && work is null && !stopping.IsCancellationRequested)
            {
                // Beside the renewals: no work of the leader's may hold them up.
                work = Task.Run(() => lead(epoch, leading.Token), CancellationToken.None);
            }

            await PauseAsync(work, stopping).ConfigureAwait(false);
            if (work is { IsFaulted: true })
            {
                break;
            }
        }

        await ReleaseAsync().ConfigureAwait(false);
        if (work is { IsFaulted: true })
        {
            await work.ConfigureAwait(false);
        }

        return new LeaseEnd.Stopped();
    }

    /// <summary>Looks at the lease once, and takes or renews it. Trouble with the server is for the next round; a loss is for good.</summary>
    public async Task RoundAsync()
    {
        if (_lostTo is not null)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(options.RequestTimeout, time);
        try
        {
            var proof = fence.Begin();
            if (await (_held is null ? RunForItAsync(deadline.Token) : RenewAsync(_held, deadline.Token)).ConfigureAwait(false))
            {
                fence.Prove(proof);
            }

            if (_isCutOff)
            {
                _isCutOff = false;
                Log.Reached(logger, _name.ToString());
            }
        }
        catch (Exception exception) when (exception is ApiException or OperationCanceledException)
        {
            if (!_isCutOff)
            {
                _isCutOff = true;
                Log.CutOff(logger, _name.ToString(), exception is ApiException ? exception.Message : $"no answer within {options.RequestTimeout.TotalSeconds:0.#} s");
            }
        }
    }

    /// <summary>Gives the lease back, if this process holds it, or may without knowing.</summary>
    public async Task ReleaseAsync()
    {
        if (_held is null && !_mayHoldIt)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(options.RequestTimeout, time);
        try
        {
            // The version known here may be old: another look tells, once.
            for (var attempt = 0; attempt < 2; attempt++)
            {
                var lease = _held ?? await FindAsync(deadline.Token).ConfigureAwait(false);
                _held = null;
                if (lease?.Spec is not { } spec || spec.HolderIdentity != options.Identity)
                {
                    break;
                }

                try
                {
                    spec = spec with { HolderIdentity = null, RenewTime = Now() };
                    await leases.ReplaceAsync(Lease(spec, lease), deadline.Token).ConfigureAwait(false);
                    Log.Released(logger, _name.ToString());
                    break;
                }
                catch (ApiException exception) when (exception.Failure is ApiFailure.Conflict)
                {
                }
            }
        }
        catch (Exception exception) when (exception is ApiException or OperationCanceledException)
        {
            Log.NotReleased(logger, _name.ToString(), exception.Message);
        }
        finally
        {
            _held = null;
            _mayHoldIt = false;
            Interlocked.Exchange(ref _epoch, -1);
        }
    }

    /// <returns>Whether this process wrote the lease, which from then on nobody else takes for its duration.</returns>
    private async Task<bool> RunForItAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var lease = await FindAsync(cancellationToken).ConfigureAwait(false);
        _mayHoldIt = false;
        if (lease is null)
        {
            return await TakeAsync(null, cancellationToken).ConfigureAwait(false);
        }

        var spec = lease.Spec ?? new();
        _newestEpoch = Math.Max(_newestEpoch, spec.LeaseTransitions ?? 0);
        Volatile.Write(ref _holder, string.IsNullOrEmpty(spec.HolderIdentity) ? null : spec.HolderIdentity);
        if (spec.HolderIdentity == options.Identity)
        {
            // Taken earlier; the answer was lost. Others may have seen it long before: it proves nothing before it is renewed.
            Lead(lease);
            return false;
        }

        if (string.IsNullOrEmpty(spec.HolderIdentity))
        {
            return await TakeAsync(lease, cancellationToken).ConfigureAwait(false);
        }

        if (spec != _seen)
        {
            (_seen, _seenAt) = (spec, time.GetTimestamp());
        }
        else if (time.GetElapsedTime(_seenAt, asked) >= DurationOf(spec))
        {
            Log.Expired(logger, _name.ToString(), spec.HolderIdentity);
            return await TakeAsync(lease, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Takes a lease that is free, expired, or not there yet (null). Somebody else may be faster.</summary>
    /// <returns>Whether this process wrote it.</returns>
    private async Task<bool> TakeAsync(V1Lease? lease, CancellationToken cancellationToken)
    {
        var now = Now();
        var spec = new V1LeaseSpec
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)Math.Ceiling(options.Duration.TotalSeconds),
            AcquireTime = now,
            RenewTime = now,
            LeaseTransitions = _newestEpoch + 1,
        };
        try
        {
            _mayHoldIt = true;
            Lead(await WriteAsync(spec, lease, cancellationToken).ConfigureAwait(false));
            return true;
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.Conflict or ApiFailure.AlreadyExists or ApiFailure.NotFound)
        {
            _mayHoldIt = false;
            return false;
        }
    }

    /// <returns>Whether this process wrote it.</returns>
    private async Task<bool> RenewAsync(V1Lease held, CancellationToken cancellationToken)
    {
        // Whatever others wrote into it, the record stays this process's own.
        var spec = held.Spec with { RenewTime = Now() };
        for (var attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                _held = await WriteAsync(spec, held, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.Conflict or ApiFailure.AlreadyExists or ApiFailure.NotFound or ApiFailure.Invalid)
            {
                // Deleted, another one, changed by somebody, or written by this process with the answer lost.
                if (await FindAsync(cancellationToken).ConfigureAwait(false) is { } found)
                {
                    if (!IsMine(found.Spec))
                    {
                        Lose(found.Spec?.HolderIdentity);
                        return false;
                    }

                    held = _held = found;
                }
                else
                {
                    held = new V1Lease();
                }
            }
        }

        return false;
    }

    /// <summary>Still this process's: it says so, or somebody emptied it and nobody took it since.</summary>
    private bool IsMine(V1LeaseSpec? spec)
        => spec?.HolderIdentity == options.Identity || (string.IsNullOrEmpty(spec?.HolderIdentity) && (spec?.LeaseTransitions ?? 0) <= Epoch);

    private void Lead(V1Lease lease)
    {
        _held = lease;
        _newestEpoch = lease.Spec.LeaseTransitions ?? 0;
        Volatile.Write(ref _holder, options.Identity);
        Interlocked.Exchange(ref _epoch, _newestEpoch);
        Log.Leads(logger, _name.ToString(), _newestEpoch);
    }

    private void Lose(string? holder)
    {
        _held = null;
        var other = string.IsNullOrEmpty(holder) ? "somebody who gave it back" : holder;
        Volatile.Write(ref _holder, holder);
        Interlocked.Exchange(ref _epoch, -1);
        Volatile.Write(ref _lostTo, other);
        Log.Lost(logger, _name.ToString(), other);
    }

    private async Task<V1Lease?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await leases.GetAsync(_name, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            return null;
        }
    }

    private Task<V1Lease> WriteAsync(V1LeaseSpec spec, V1Lease? basis, CancellationToken cancellationToken)
    {
        var lease = Lease(spec, basis);
        return lease.Metadata.ResourceVersion is null ? leases.CreateAsync(lease, cancellationToken) : leases.ReplaceAsync(lease, cancellationToken);
    }

    private V1Lease Lease(V1LeaseSpec spec, V1Lease? basis)
        => new() { Metadata = basis?.Metadata ?? new() { NamespaceProperty = _name.Namespace, Name = _name.Name }, Spec = spec };

    private TimeSpan DurationOf(V1LeaseSpec spec) => spec.LeaseDurationSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : options.Duration;

    /// <summary>For people who read the lease. The server wants microseconds, and the library leaves them out when they are none.</summary>
    private DateTime Now()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return now.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? now.AddMicroseconds(1) : now;
    }

    private async Task PauseAsync(Task? work, CancellationToken stopping)
    {
        // Nothing is left to hold the lease for: the next one need not wait.
        if (stopping.IsCancellationRequested && work is not { IsCompleted: false })
        {
            return;
        }

        using var over = stopping.IsCancellationRequested ? new CancellationTokenSource() : CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var pause = Task.Delay(options.RenewEvery * (1 - (Random.Shared.NextDouble() / 5)), time, over.Token);
        await Task.WhenAny(pause, work is { IsCompleted: false } ? work : pause, ProofIsWantedAsync(over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
    }

    private async Task ProofIsWantedAsync(CancellationToken cancellationToken)
    {
        // Who does not lead has nothing to prove, and a server that was not reached is not asked faster for it.
        var pace = Epoch is not null && !_isCutOff ? SoonestAgain : Timeout.InfiniteTimeSpan;
        await Task.Delay(pace, time, cancellationToken).ConfigureAwait(false);
        await fence.Wanted.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Leads by the lease {Lease}, in epoch {Epoch}", EventName = "Leads")]
        public static partial void Leads(ILogger logger, string lease, int epoch);

        [LoggerMessage(2, LogLevel.Warning, "Lost the lease {Lease} to {Holder}", EventName = "Lost")]
        public static partial void Lost(ILogger logger, string lease, string holder);

        [LoggerMessage(3, LogLevel.Information, "The lease {Lease} was not renewed by {Holder}: takes it", EventName = "Expired")]
        public static partial void Expired(ILogger logger, string lease, string holder);

        [LoggerMessage(4, LogLevel.Information, "Gave the lease {Lease} back", EventName = "Released")]
        public static partial void Released(ILogger logger, string lease);

        [LoggerMessage(5, LogLevel.Warning, "Could not give the lease {Lease} back, the next leader has to wait: {Message}", EventName = "NotReleased")]
        public static partial void NotReleased(ILogger logger, string lease, string message);

        [LoggerMessage(6, LogLevel.Warning, "Cannot look at the lease {Lease}, all stays as it is: {Message}", EventName = "CutOff")]
        public static partial void CutOff(ILogger logger, string lease, string message);

        [LoggerMessage(7, LogLevel.Information, "Sees the lease {Lease} again", EventName = "Reached")]
        public static partial void Reached(ILogger logger, string lease);
    }
}
