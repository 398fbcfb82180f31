namespace PodPool.Manager.Leading;

/// <summary>
/// Stands before what would harm the pods of another leader, if there were one: to give a pod up, to drain it, to end it. Who wants to asks here, and goes on
/// once it is known that this manager led at a moment after he asked.
/// </summary>
/// <remarks>
/// A manager that is cut off cannot know whether another leads by now. It goes on to serve claims, and takes pods of other machines for dead that only it cannot
/// reach; what it decides of them stays here, and is void when it sees that another leads. Nothing is sent before the proof, as what was sent into a
/// network that is cut arrives when it is mended.
/// </remarks>
/// <param name="lasts">How long nobody else can lead after a proof began: the lease's duration.</param>
/// <param name="time">The clock.</param>
internal sealed class LeaderFence(TimeSpan lasts, TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _wanted = New();
    private TaskCompletionSource _news = New();
    private long _begun;
    private long _proven;
    private long _until;

    /// <summary>For a manager that is alone: always open.</summary>
    public static LeaderFence Open { get; } = new(Timeout.InfiniteTimeSpan, TimeProvider.System);

    /// <summary>Completes when somebody waits for a proof that did not begin yet.</summary>
    public Task Wanted
    {
        get
        {
            lock (_gate)
            {
                return _wanted.Task;
            }
        }
    }

    /// <summary>Until when nobody else can lead, as far as was proven, by the clock's timestamp; 0: nothing was.</summary>
    public long ProvenUntil
    {
        get
        {
            lock (_gate)
            {
                return _until;
            }
        }
    }

    private bool IsOpen => lasts == Timeout.InfiniteTimeSpan;

    /// <summary>Begins to find out whether this manager leads; before anything is sent.</summary>
    public Proof Begin()
    {
        lock (_gate)
        {
            if (_wanted.Task.IsCompleted)
            {
                _wanted = New();
            }

            return new(++_begun, time.GetTimestamp() + (long)(lasts.TotalSeconds * time.TimestampFrequency));
        }
    }

    /// <summary>It does, as was found out.</summary>
    public void Prove(Proof proof)
    {
        TaskCompletionSource news;
        lock (_gate)
        {
            (_proven, _until) = (proof.Number, proof.Until);
            (news, _news) = (_news, New());
        }

        news.SetResult();
    }

    /// <summary>Returns once it is known that this manager led after this call.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public Task PassAsync(CancellationToken cancellationToken) => IsOpen ? Task.CompletedTask : ProvenAsync(cancellationToken);

    /// <summary>Does something once it is known that this manager led after this call.</summary>
    /// <param name="act">Its token ends when another may lead by then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TimeoutException">It was not done before another may have led.</exception>
    public async Task DoAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        if (IsOpen)
        {
            await act(cancellationToken).ConfigureAwait(false);
            return;
        }

        await ProvenAsync(cancellationToken).ConfigureAwait(false);
        var left = time.GetElapsedTime(time.GetTimestamp(), ProvenUntil);
        using var over = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            await act(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("it was not done before another manager may have led", exception);
        }
    }

    private async Task ProvenAsync(CancellationToken cancellationToken)
    {
        long asked;
        lock (_gate)
        {
            asked = _begun;
            _wanted.TrySetResult();
        }

        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (_proven > asked)
                {
                    return;
                }

                news = _news.Task;
            }

            await news.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An attempt to find out whether this manager leads.</summary>
    /// <param name="Number">Counts up.</param>
    /// <param name="Until">If it does: when another may at the earliest, by the clock's timestamp.</param>
    internal readonly record struct Proof(long Number, long Until);
}
