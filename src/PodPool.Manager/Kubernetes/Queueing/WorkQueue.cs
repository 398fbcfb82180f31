using System.Diagnostics.CodeAnalysis;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Queueing;

/// <summary>
/// What is to be looked at again, each thing once however often it is named: never by two workers at a time, and once more after the
/// one at work when it was named meanwhile. The rules are those of client-go's work queue.
/// </summary>
/// <remarks>
/// <code>
///   Add ──► waiting in line ──Take──► at work ──Done──► nowhere
///              ▲                        │  ▲ Add: named meanwhile
///              └──── Done, if named ────┘
///   AddAfter, AddAgain ──► due later ──(then)──► Add
/// </code>
/// </remarks>
internal sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Backoff _backoff;
    private readonly ITimer _timer;
    private readonly Queue<TKey> _line = new();
    private readonly HashSet<TKey> _named = [];
    private readonly HashSet<TKey> _atWork = [];
    private readonly Dictionary<TKey, long> _due = [];
    private readonly PriorityQueue<TKey, long> _later = new();
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Queue<TaskCompletionSource> _takers = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isShutDown;

    /// <param name="backoff">How long a thing waits that failed, by how often.</param>
    /// <param name="time">The clock.</param>
    public WorkQueue(Backoff backoff, TimeProvider time)
    {
        _backoff = backoff;
        _time = time;
        _timer = time.CreateTimer(_ => AddDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many wait in line; those due later do not count.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Names a thing.</summary>
    public void Add(TKey key)
    {
        lock (_gate)
        {
            AddLocked(key);
        }
    }

    /// <summary>Names a thing after a while; sooner, if it was to be named sooner.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            if (_isShutDown)
            {
                return;
            }

            if (delay <= TimeSpan.Zero)
            {
                AddLocked(key);
                return;
            }

            var due = _time.GetTimestamp() + (long)Math.Ceiling(delay.TotalSeconds * _time.TimestampFrequency);
            if (!_due.TryGetValue(key, out var other) || due < other)
            {
                _due[key] = due;
                _later.Enqueue(key, due);
                SetTimer();
            }
        }
    }

    /// <summary>Names a thing that failed, the later the more often it did since it was last forgotten.</summary>
    public void AddAgain(TKey key)
    {
        TimeSpan delay;
        lock (_gate)
        {
            var failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
            delay = _backoff.After(failures);
        }

        AddAfter(key, delay);
    }

    /// <summary>Forgets that a thing failed.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>How often a thing failed since it was last forgotten.</summary>
    public int FailuresOf(TKey key)
    {
        lock (_gate)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>Waits for the next thing; whoever takes it must say <see cref="Done"/>.</summary>
    /// <returns>False: the queue was shut down, and nothing is left.</returns>
    public async Task<(bool Found, TKey Key)> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource mine;
            lock (_gate)
            {
                if (TryTake(out var key))
                {
                    return (true, key);
                }

                if (_isShutDown)
                {
                    return (false, default!);
                }

                mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _takers.Enqueue(mine);
            }

            try
            {
                await mine.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Woken and leaving at the same time: somebody else shall look.
                lock (_gate)
                {
                    if (!mine.TrySetCanceled(cancellationToken))
                    {
                        Wake();
                    }
                }

                throw;
            }
        }
    }

    /// <summary>A worker is done with a thing, whatever came of it.</summary>
    public void Done(TKey key)
    {
        lock (_gate)
        {
            _atWork.Remove(key);
            if (_named.Contains(key))
            {
                _line.Enqueue(key);
                Wake();
            }

            EndIfDrained();
        }
    }

    /// <summary>Takes nothing more; what waits in line is still worked on, what is due later is not.</summary>
    /// <returns>Completes when nothing is in line or at work.</returns>
    public Task ShutDownAsync()
    {
        lock (_gate)
        {
            _isShutDown = true;
            _due.Clear();
            _later.Clear();
            SetTimer();
            while (_takers.TryDequeue(out var taker))
            {
                taker.TrySetResult();
            }

            EndIfDrained();
        }

        return _drained.Task;
    }

    /// <summary>
    /// Works until the queue is shut down and empty, or work is canceled. A thing whose work throws is named again, the later the more
    /// often it does.
    /// </summary>
    /// <param name="workers">How many things at a time.</param>
    /// <param name="work">Looks at a thing. Returns after which time to look at it again; null: when it is named.</param>
    /// <param name="failed">Told what work threw.</param>
    /// <param name="cancellationToken">Ends it without waiting for what is in line.</param>
    public Task RunAsync(int workers, Func<TKey, CancellationToken, Task<TimeSpan?>> work, Action<TKey, Exception> failed, CancellationToken cancellationToken)
        => Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(work, failed, cancellationToken), CancellationToken.None)));

    /// <summary>Names nothing any more.</summary>
    public void Dispose() => _timer.Dispose();

    private async Task WorkAsync(Func<TKey, CancellationToken, Task<TimeSpan?>> work, Action<TKey, Exception> failed, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (found, key) = await TakeAsync(cancellationToken).ConfigureAwait(false);
            if (!found)
            {
                return;
            }

            try
            {
                var again = await work(key, cancellationToken).ConfigureAwait(false);
                Forget(key);
                if (again is { } delay)
                {
                    AddAfter(key, delay);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failed(key, exception);
                AddAgain(key);
            }
            finally
            {
                Done(key);
            }
        }
    }

    private void AddLocked(TKey key)
    {
        if (_isShutDown || !_named.Add(key) || _atWork.Contains(key))
        {
            return;
        }

        _line.Enqueue(key);
        Wake();
    }

    private bool TryTake([MaybeNullWhen(false)] out TKey key)
    {
        if (!_line.TryDequeue(out key))
        {
            return false;
        }

        _named.Remove(key);
        _atWork.Add(key);
        return true;
    }

    /// <summary>Wakes one that waits.</summary>
    private void Wake()
    {
        while (_takers.TryDequeue(out var taker) && !taker.TrySetResult())
        {
        }
    }

    private void EndIfDrained()
    {
        if (_isShutDown && _line.Count == 0 && _atWork.Count == 0)
        {
            _drained.TrySetResult();
        }
    }

    private void AddDue()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            while (_later.TryPeek(out var key, out var due) && due <= now)
            {
                _later.Dequeue();

                // Named sooner since: this one is void.
                if (_due.TryGetValue(key, out var valid) && valid == due)
                {
                    _due.Remove(key);
                    AddLocked(key);
                }
            }

            SetTimer();
        }
    }

    private void SetTimer()
    {
        if (!_later.TryPeek(out _, out var due))
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Rounded up: a timer that fires too early would fire again and again.
        var ticks = Math.Max(0, due - _time.GetTimestamp());
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(ticks * 1000.0 / _time.TimestampFrequency));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
