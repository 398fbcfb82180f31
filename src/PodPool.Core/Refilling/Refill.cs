namespace PodPool.Core;

/// <summary>
/// Keeps as many warm pods as the pool should have, and one more for each want that found none. Creations are counted from the
/// order on, so none is ordered twice; they are limited in rate and number; after some failures in a row they stop, and then one
/// pod at a time is tried, more and more rarely, until one gets warm. Due: when the next creation may be ordered.
/// </summary>
internal sealed class Refill(PoolBooks books, PoolSizing sizing) : Due
{
    /// <summary>So long after a claim the next one is expected.</summary>
    private static readonly TimeSpan Spares = TimeSpan.FromSeconds(5);

    private readonly TokenBucket _bucket = new(books.Clock, books.Spec);
    private int _failures;
    private string _lastFailure = "";
    private TimeSpan? _backOff;
    private long _retryAt;
    private long? _yieldsSince;
    private long _claims;
    private long _sparesUntil;
    private TimeSpan _startTook = TimeSpan.FromSeconds(1);

    public RefillStop? Stopped => _backOff is null ? null : new RefillStop(_lastFailure, books.Clock.Until(_retryAt));

    /// <summary>In how long a pod ordered next can be expected to be warm.</summary>
    public TimeSpan ExpectedIn => books.Clock.Until(Math.Max(_bucket.NextAt, _backOff is null ? 0 : _retryAt)) + _startTook;

    public void Resized() => _bucket.Change(books.Spec);

    /// <summary>New pods are made from something else: those that still start are not waited for, and what failed before says nothing of them.</summary>
    public void UseTemplate()
    {
        books.Pods.UseTemplate(books.Spec.Template);
        _failures = 0;
        if (_backOff is not null)
        {
            _backOff = null;
            books.Tell(PoolEventKind.RefillResumed, message: "The template changed.");
        }

        foreach (var pod in books.Pods.All.Where(pod => pod.State == PodState.Starting && books.Pods.IsOutdated(pod)).ToList())
        {
            books.Delete(pod, DeleteReason.Surplus);
        }
    }

    public void BecameWarm(Pod pod)
    {
        _startTook = books.Clock.Since(pod.Since);
        sizing.Refilled(_startTook);
        Works(pod);
    }

    /// <summary>A warm pod turned up: pods can get warm.</summary>
    public void Works(Pod pod)
    {
        _failures = 0;
        if (_backOff is not null)
        {
            _backOff = null;
            books.Tell(PoolEventKind.RefillResumed, pod);
        }
    }

    /// <summary>A pod did not get warm.</summary>
    public void Failed(Pod pod, string message)
    {
        _failures++;
        sizing.RefillFailed(books.Clock.Since(pod.Since));
        _lastFailure = message;
        if (_backOff is { } backOff)
        {
            if (pod.Probe)
            {
                Stop(backOff > books.Spec.RefillRetryMax / 2 ? books.Spec.RefillRetryMax : backOff * 2);
            }
        }
        else if (_failures >= books.Spec.StopRefillAfter)
        {
            Stop(books.Spec.RefillRetry);
            books.Tell(PoolEventKind.RefillStopped, pod, message: $"{_failures} pods in a row did not become warm; the last: {message}");
        }
    }

    public void Run()
    {
        books.Due.Clear(this);
        DropSurplus();
        var missing = sizing.Target + books.Hungry.Pods - books.Pods.Warm.Count - books.Pods.Count(PodState.Starting);
        if (missing <= 0)
        {
            _yieldsSince = null;
            return;
        }

        if (!Yielded())
        {
            return;
        }

        while (missing > 0 && MayCreate())
        {
            Create();
            missing--;
        }
    }

    private void Stop(TimeSpan backOff)
    {
        _backOff = backOff;
        _retryAt = books.Clock.After(backOff);
    }

    /// <summary>Whether no claim is in the way: they may take their time while warm pods are left, but not for ever.</summary>
    private bool Yielded()
    {
        if (books.Spec.RefillYield <= TimeSpan.Zero || books.Pods.Count(PodState.Warm) == 0 || books.Pods.Count(PodState.Claimed) == 0)
        {
            _yieldsSince = null;
            return true;
        }

        _yieldsSince ??= books.Clock.Now;
        var until = books.Clock.Add(_yieldsSince.Value, books.Spec.RefillYield);
        if (until > books.Clock.Now)
        {
            books.Due.Set(this, until);
            return false;
        }

        return true;
    }

    /// <summary>Pods that may be starting at once, now. There is no hurry while a pod is left, and no need to spare anybody while none is claimed.</summary>
    private int Places()
    {
        if (_claims != books.Claims)
        {
            (_claims, _sparesUntil) = (books.Claims, books.Clock.After(Spares));
        }

        var all = books.Spec.RefillParallelism;
        return books.Hungry.Pods == 0 && books.Pods.Count(PodState.Warm) > 0 && books.Clock.Now < _sparesUntil ? Math.Min(all, books.Spec.RefillParallelismWhileWarm) : all;
    }

    private bool MayCreate()
    {
        var starting = books.Pods.Count(PodState.Starting);
        if (books.Pods.Total >= books.Spec.Max && starting == 0 && books.Pods.Count(PodState.Gone) == 0 && books.Pods.Outdated.TryPickSpare(out var outdated))
        {
            // In a pool that is full, one of the old makes room for one of the new.
            books.Delete(outdated, DeleteReason.Surplus);
        }

        if (books.Pods.Total >= books.Spec.Max || starting >= Places() || (_backOff is not null && starting > 0))
        {
            // Whatever ends this comes as an event.
            return false;
        }

        var at = Math.Max(_bucket.NextAt, _backOff is null ? 0 : _retryAt);
        if (at > books.Clock.Now)
        {
            books.Due.Set(this, at);
            return false;
        }

        return true;
    }

    private void Create()
    {
        _bucket.Take();
        var pod = books.Pods.Add(new PodId(books.NewName()), books.Clock.Now);
        pod.Probe = _backOff is not null;
        pod.Template = books.Spec.Template;
        books.Due.Set(pod, books.Clock.After(books.Spec.StartDeadline));
        books.Backend.Create(pod.Id);
        books.Tell(PoolEventKind.PodCreating, pod);
    }

    private void DropSurplus()
    {
        for (var surplus = books.Pods.Count(PodState.Warm) - sizing.Target - books.Hungry.Pods; surplus > 0; surplus--)
        {
            if (books.Pods.Outdated.TryPickSpare(out var pod) || books.Pods.Warm.TryPickSpare(out pod))
            {
                books.Delete(pod, DeleteReason.Surplus);
            }
        }
    }
}
