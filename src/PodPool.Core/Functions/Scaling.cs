namespace PodPool.Core;

/// <summary>
/// How many instances a function has and which are in routing. One look at a function does it all, from its present state alone,
/// whatever happened before:
/// <list type="number">
/// <item>take over: the current revision goes into routing as soon as it can bear what the routed one bears, and the old drains;</item>
/// <item>admit the callers that there is room for;</item>
/// <item>reap what the peak of the last idle timeout did not need;</item>
/// <item>want pods for the callers that there is no room for.</item>
/// </list>
/// After the warm pods were dealt, <see cref="Conclude"/> tells those that cannot hope.
/// </summary>
internal sealed class Scaling(PoolBooks books, Drains drains, Starts starts, Callers callers, Refill refill)
{
    public void Look(Function function)
    {
        if (function.Removed)
        {
            return;
        }

        TakeOver(function);
        ForgetMisses(function);
        function.Peak.Note(books.Clock.Now, function.Load);
        callers.Admit(function);
        function.Peak.Note(books.Clock.Now, function.Load);
        var lookAgain = Math.Min(Reap(function), Want(function));
        books.Due.Set(function, lookAgain);
    }

    public void Conclude(Function function)
    {
        if (function.Removed)
        {
            return;
        }

        var waited = function.Waiters.Count;
        if (function.Routed.Serving.Count == 0 && function.Breaker.IsOpen(books.Clock.Now))
        {
            callers.RefuseByBreaker(function);
        }

        starts.CountMisses(function);
        if (function.Current.Spec.OnEmptyPool == EmptyPoolPolicy.Reject && function.Hunger.Pods > 0)
        {
            var unasked = Math.Clamp(Unasked(function), 0, function.Hunger.Pods);
            if (unasked < function.Hunger.Pods && function.Claims == 0)
            {
                callers.Refuse(function, RefusalReason.PoolEmpty, null, refill.ExpectedIn);
            }

            books.Hungry.Want(function, unasked, books.Clock.Now);
        }

        // Those who were refused are no load any more.
        if (function.Waiters.Count < waited)
        {
            Look(function);
        }
    }

    /// <summary>
    /// Make before break: the routed revision stays until the current one's instances bear the load, or as much of it as the routed
    /// ones do, or are as many as it may have. Routing shows one revision at a time; so capacity does not fall by an update, but to
    /// a lower limit, and no caller meets two revisions in turn.
    /// </summary>
    private void TakeOver(Function function)
    {
        var (current, routed) = (function.Current, function.Routed);
        if (current.Serving.Count > 0)
        {
            if (current.Capacity >= Math.Min(Math.Min(function.Load, routed.Capacity), current.MaxCapacity))
            {
                function.Route(current);
            }
        }
        else if (routed.Serving.Count == 0)
        {
            function.Route(function.Old.Find(static old => old.Serving.Count > 0) ?? current);
        }

        if (function.Old.Count == 0)
        {
            return;
        }

        foreach (var old in function.Old)
        {
            while (old != function.Routed && old.Serving.Count > 0)
            {
                drains.Begin(old.Serving[^1]);
            }
        }

        function.ForgetEmptyRevisions();
    }

    /// <summary>The peak before the load of now says what those who were refused would still have.</summary>
    private void ForgetMisses(Function function)
    {
        var hunger = function.Hunger;
        if (hunger.Told > hunger.Pods)
        {
            var would = function.Current.InstancesFor(function.Peak.Peak(books.Clock.Now)) - function.Current.Pods;
            hunger.Told = Math.Min(hunger.Told, Math.Max(hunger.Pods, would));
        }
    }

    /// <returns>When the peak may allow more.</returns>
    private long Reap(Function function)
    {
        var routed = function.Routed;
        var serving = routed.Serving;
        if (serving.Count == 0)
        {
            return Clock.Never;
        }

        // The last old instance is kept until a new one serves: a new revision that does not start must not take the function down.
        var atLeast = function.RollingOut ? 1 : 0;
        var keep = Math.Max(atLeast, routed.InstancesFor(function.Peak.Peak(books.Clock.Now)));
        while (serving.Count > keep)
        {
            drains.Begin(serving[^1]);
        }

        return serving.Count > Math.Max(atLeast, routed.InstancesFor(function.Load)) ? function.Peak.NextChange : Clock.Never;
    }

    /// <returns>When it may want more.</returns>
    private long Want(Function function)
    {
        var want = Math.Max(Asked(function), Unasked(function));
        want = Math.Min(want, function.Current.Spec.Scale.Max - function.Current.Pods);

        // Enough failed in a row: those still under way decide.
        if (function.PlatformFaults >= books.Spec.ClaimAttempts && function.Current.Claimed.Count > 0)
        {
            want = 0;
        }

        var now = books.Clock.Now;
        var allowed = function.Breaker.MaxClaims(now) - function.Current.Claimed.Count;
        books.Hungry.Want(function, Math.Max(0, Math.Min(want, allowed)), now);
        return want > 0 && function.Breaker.IsOpen(now) ? function.Breaker.Until : Clock.Never;
    }

    /// <summary>
    /// Pods that the load needs beyond those it has: ⌈load / concurrency⌉ in all, but no more than those who wait can use. Requests
    /// that run on draining instances are load, too, but need no other instance.
    /// </summary>
    private static int Asked(Function function)
    {
        var current = function.Current;
        if (current.Spec.OnEmptyPool == EmptyPoolPolicy.Reject && function.Waiters.Count == 0)
        {
            return 0;
        }

        var missing = current.InstancesFor(function.Load) - current.Pods;
        if (function.LostInstance)
        {
            return missing;
        }

        var concurrency = current.Spec.Concurrency;
        var useful = (function.Waiting + concurrency - 1) / concurrency - current.Claimed.Count;
        return (int)Math.Min(missing, useful);
    }

    /// <summary>Pods that are needed without a caller: for the minimum, and to take over from an old revision.</summary>
    private static int Unasked(Function function)
    {
        var current = function.Current;
        var instances = function.RollingOut ? Math.Max(1, current.InstancesFor(function.Load)) : current.Spec.Scale.Min;
        return instances - current.Pods;
    }
}
