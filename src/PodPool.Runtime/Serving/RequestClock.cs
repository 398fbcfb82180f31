using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Runtime.Serving;

/// <summary>
/// One request's time. Stands where Kestrel's lifetime feature stood, so that <c>RequestAborted</c> fires when the caller leaves
/// and when the time is over. One timer a connection, and no token source until somebody asks for the token.
/// </summary>
/// <remarks>
/// <code>
///   begin ──timeout──► cancel ──grace──► still running, nothing sent: answer 504 over its head; else cut the connection
/// </code>
/// </remarks>
internal sealed class RequestClock(TimeProvider time, Func<ValueTask<bool>> answer) : IHttpRequestLifetimeFeature
{
    /// <summary>What a function gets to notice that it was cancelled.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private IHttpRequestLifetimeFeature? _inner;
    private CancellationTokenSource? _source;
    private CancellationToken? _replaced;
    private ITimer? _timer;
    private long _start;
    private TimeSpan _timeout;
    private Stage _stage;
    private Task _answering = Task.CompletedTask;

    /// <summary>Whether the time is over.</summary>
    public bool IsTimeOver
    {
        get
        {
            lock (_lock)
            {
                return _stage >= Stage.Cancelled;
            }
        }
    }

    /// <summary>Whether the caller left, or the connection was cut.</summary>
    public bool IsCallerGone => _inner?.RequestAborted.IsCancellationRequested ?? false;

    public CancellationToken RequestAborted
    {
        get
        {
            lock (_lock)
            {
                if (_replaced is { } token)
                {
                    return token;
                }

                if (_source is null)
                {
                    if (_inner is not { } inner)
                    {
                        return CancellationToken.None;
                    }

                    if (_stage == Stage.Untimed)
                    {
                        return inner.RequestAborted;
                    }

                    _source = CancellationTokenSource.CreateLinkedTokenSource(inner.RequestAborted);
                    if (_stage >= Stage.Cancelled)
                    {
                        _source.Cancel();
                    }
                }

                return _source.Token;
            }
        }

        set
        {
            lock (_lock)
            {
                _replaced = value;
            }
        }
    }

    /// <summary>Takes over a request's lifetime.</summary>
    /// <param name="inner">Kestrel's.</param>
    /// <param name="timeout">Null: as long as it takes.</param>
    public void Begin(IHttpRequestLifetimeFeature inner, TimeSpan? timeout)
    {
        lock (_lock)
        {
            _inner = inner;
            _stage = timeout is null ? Stage.Untimed : Stage.Running;
            if (timeout is { } limit)
            {
                _timeout = limit;
                _start = time.GetTimestamp();
                _timer ??= CreateTimer();
                _timer.Change(limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The function is done. Waits for an answer that is being given over its head.</summary>
    /// <returns>Whether the pod answered in its stead.</returns>
    public ValueTask<bool> EndAsync()
    {
        Stage stage;
        lock (_lock)
        {
            stage = _stage;
            _stage = Stage.Ended;
            if (stage is Stage.Running or Stage.Cancelled)
            {
                _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        return stage == Stage.Answered ? WaitAsync() : ValueTask.FromResult(false);

        async ValueTask<bool> WaitAsync()
        {
            await _answering.ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>The exchange is over; nothing of the request is kept.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _source?.Dispose();
            _source = null;
            _replaced = null;
            _inner = null;
            _stage = Stage.Ended;
            _answering = Task.CompletedTask;
        }
    }

    public void Abort() => _inner?.Abort();

    private ITimer CreateTimer()
    {
        // The timer outlives the request: it must not hold the request's context.
        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(static state => ((RequestClock)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        CancellationTokenSource? source = null;
        lock (_lock)
        {
            // A timer that was stopped a moment too late belongs to an earlier request.
            var elapsed = time.GetElapsedTime(_start);
            if (_stage == Stage.Running && elapsed >= _timeout)
            {
                _stage = Stage.Cancelled;
                source = _source;
                _timer!.Change(Grace, Timeout.InfiniteTimeSpan);
            }
            else if (_stage == Stage.Cancelled && elapsed >= _timeout + Grace)
            {
                _stage = Stage.Answered;
                _answering = AnswerAsync();
            }
            else if (_stage is Stage.Running or Stage.Cancelled)
            {
                _timer!.Change((_stage == Stage.Running ? _timeout : _timeout + Grace) - elapsed, Timeout.InfiniteTimeSpan);
            }
        }

        // Outside the lock: it runs the function's callbacks.
        source?.Cancel();
    }

    private async Task AnswerAsync()
    {
        await Task.Yield();
        if (!await answer().ConfigureAwait(false))
        {
            Abort();
        }
    }

    private enum Stage
    {
        Ended,
        Untimed,
        Running,
        Cancelled,
        Answered,
    }
}
