namespace PodPool.Core;

/// <summary>The acquires without an answer. Each gets exactly one: an instance, or a refusal by its deadline; or it is cancelled.</summary>
internal sealed class Callers(PoolBooks books, Routers routers)
{
    /// <summary>When a refusal knows nothing better.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Dictionary<AcquireId, Waiter> _waiters = [];

    public bool Knows(AcquireId acquire) => _waiters.ContainsKey(acquire);

    public Waiter Add(AcquireId acquire, Function function, in FunctionLoad load, TimeSpan timeout)
    {
        var waiter = new Waiter(acquire, function, load.Router, books.Clock.Now);
        _waiters.Add(acquire, waiter);
        function.Waiters.AddLast(waiter.Place);
        function.Demand.Acquire(load);
        books.Due.Set(waiter, books.Clock.After(timeout));
        return waiter;
    }

    public void Cancel(AcquireId acquire)
    {
        if (_waiters.TryGetValue(acquire, out var waiter))
        {
            End(waiter);
            books.Touch(waiter.Function);
        }
    }

    /// <summary>Answers as many as there is room for in the instances in routing, oldest first.</summary>
    public void Admit(Function function)
    {
        while (function.Waiters.First?.Value is { } waiter && function.Room > 0)
        {
            // The instance that serves since last is the likeliest to have room; the router knows better and takes any.
            var pod = function.Routed.Serving[^1];
            function.Demand.Promise(waiter.Router, function.Room);
            End(waiter);
            books.Answer(waiter.Id, Instance(waiter, pod));
        }
    }

    public void Refuse(Function function, RefusalReason why, StartFault? fault, TimeSpan retryAfter)
    {
        while (function.Waiters.First?.Value is { } waiter)
        {
            Refuse(waiter, why, fault, retryAfter);
        }
    }

    /// <summary>With the fault that the function's breaker keeps.</summary>
    public void RefuseByBreaker(Function function)
    {
        var (why, fault, retryAfter) = ByBreaker(function);
        Refuse(function, why, fault, retryAfter);
    }

    /// <summary>Its deadline has come.</summary>
    public void Expire(Waiter waiter, TimeSpan refillIn)
    {
        var function = waiter.Function;
        var (why, fault, retryAfter) =
            function.Breaker.IsOpen(books.Clock.Now) ? ByBreaker(function)
            : function.Claims > 0 ? (RefusalReason.StartTimedOut, null, Soon)
            : function.Hunger.Pods > 0 || function.Holds == 0 ? (RefusalReason.PoolEmpty, null, refillIn)
            : (RefusalReason.ScaleLimit, null, Soon);
        Refuse(waiter, why, fault, retryAfter);
        books.Touch(function);
    }

    private (RefusalReason Why, StartFault? Fault, TimeSpan RetryAfter) ByBreaker(Function function)
    {
        var fault = function.Breaker.Fault!;
        return (fault.OfCode ? RefusalReason.BreakerOpen : RefusalReason.PodsFailed, fault, books.Clock.Until(function.Breaker.Until));
    }

    private void Refuse(Waiter waiter, RefusalReason why, StartFault? fault, TimeSpan retryAfter)
    {
        End(waiter);
        books.Answer(waiter.Id, new AcquireAnswer.Refused(why, fault, retryAfter));
    }

    private void End(Waiter waiter)
    {
        _waiters.Remove(waiter.Id);
        waiter.Function.Waiters.Remove(waiter.Place);
        waiter.Function.Demand.AcquireEnded(waiter.Router, routers.IsConnected(waiter.Router));
        books.Due.Clear(waiter);
    }

    private AcquireAnswer.Instance Instance(Waiter waiter, Pod pod)
    {
        var revision = pod.Revision!.Spec.Revision;
        if (pod.ServingSince < waiter.Since)
        {
            return new AcquireAnswer.Instance(pod.Id, revision, Miss: false, TimeSpan.Zero, default);
        }

        var queued = pod.ClaimedAt > waiter.Since ? books.Clock.Since(waiter.Since) - books.Clock.Since(pod.ClaimedAt) : TimeSpan.Zero;
        return new AcquireAnswer.Instance(pod.Id, revision, pod.Miss, queued, pod.Phases);
    }
}
