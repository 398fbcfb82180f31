namespace PodPool.Core;

/// <summary>Claims: from taking a warm pod to an instance, or to the verdict on what failed.</summary>
internal sealed class Starts(PoolBooks books, Callers callers)
{
    /// <summary>
    /// What a pod says of itself can overtake the answer to its claim, and knows less: neither the phases nor whose fault it was.
    /// So the answer gets this long to follow.
    /// </summary>
    private static readonly TimeSpan AnswerGrace = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The same for a pod that failed: nobody can be served by it, and without its answer another pod would be spent to hear the same. A pod that
    /// describes an exception for the first time takes a while.
    /// </summary>
    private static readonly TimeSpan FailureGrace = TimeSpan.FromSeconds(5);

    /// <summary>Gives warm pods to those who want them until one of both runs out.</summary>
    public void Deal()
    {
        if (books.Reserve.Total > 0)
        {
            DealReserved();
            return;
        }

        while (books.Hungry.Next is { } function && books.Pods.TryPick(function.Current.Spec, out var pod))
        {
            Claim(function, pod);
        }
    }

    /// <summary>Pods that were wanted and not there are misses, each once, however many callers are refused for the want of it.</summary>
    public void CountMisses(Function function)
    {
        var hunger = function.Hunger;
        hunger.Missed = hunger.Pods;
        if (hunger.Pods > hunger.Told)
        {
            Missed(function, hunger.Pods - hunger.Told);
            hunger.Told = hunger.Pods;
        }
    }

    public void Missed(Function function, int pods)
    {
        books.Misses += pods;
        books.TellMiss(function, pods);
    }

    public void Specialized(Pod pod, StartPhases phases)
    {
        var revision = pod.Revision!;
        var function = revision.Function;
        pod.Phases = phases;
        books.Pods.ToServing(pod, revision, books.Clock.Now);
        KeepFor(function, revision);
        books.Touch(function);
        books.Tell(PoolEventKind.Serving, pod);
        if (revision == function.Current)
        {
            function.LastFault = null;
            function.PlatformFaults = 0;
            CloseBreaker(function);
        }
    }

    /// <summary>An instance was not idle before it existed: it is kept as if all had been needed until now.</summary>
    public void KeepFor(Function function, Revision revision) => function.Peak.Raise(books.Clock.Now, revision.Capacity);

    public void CloseBreaker(Function function)
    {
        if (function.Breaker.Close())
        {
            books.Tell(PoolEventKind.BreakerClosed, function: function);
        }
    }

    /// <summary>A claim failed; its pod, if it still exists, with it.</summary>
    public void Failed(Pod pod, StartFault fault, DeleteReason reason)
    {
        books.Delete(pod, reason);
        Judge(pod, fault);
    }

    /// <summary>The pod of a claim is gone already.</summary>
    public void Lost(Pod pod, string message)
    {
        books.Pods.Remove(pod);
        Judge(pod, new StartFault(OfCode: false, Reasons.PodGone, message));
    }

    /// <summary>What a pod says of itself while the answer to its claim is out.</summary>
    public void Heard(Pod pod, PodPhase phase)
    {
        pod.Said = phase;
        if (pod.FoundClaimed)
        {
            Conclude(pod);
        }
        else
        {
            books.Due.Set(pod, Math.Min(pod.At, books.Clock.After(phase == PodPhase.Failed ? FailureGrace : AnswerGrace)));
        }
    }

    /// <summary>No answer came in time.</summary>
    public void Conclude(Pod pod)
    {
        switch (pod.Said)
        {
            case PodPhase.Serving:
                Specialized(pod, default);
                break;
            case { } said:
                Failed(pod, new StartFault(OfCode: false, Reasons.PodGone, $"Pod {pod.Id} says it is {said}."), DeleteReason.SpecializationFailed);
                break;
            case null:
                var took = books.Clock.Since(pod.ClaimedAt);
                Failed(
                    pod,
                    new StartFault(OfCode: false, Reasons.DeadlineExceeded, $"Pod {pod.Id} did not serve within {took.TotalSeconds:0.###} s."),
                    DeleteReason.SpecializationFailed);
                break;
        }
    }

    private void DealReserved()
    {
        books.Reserve.Look(books.Pods.Count(PodState.Warm));
        while (books.Hungry.Next is { } first)
        {
            var function = books.Reserve.Allows(first.Name, books.Pods.Count(PodState.Warm)) ? first : books.Reserve.Next(books.Functions);
            if (function is null || !books.Pods.TryPick(function.Current.Spec, out var pod))
            {
                return;
            }

            Claim(function, pod);
            books.Reserve.Taken(function.Name, books.Pods.Count(PodState.Warm));
        }
    }

    private void Claim(Function function, Pod pod)
    {
        var hunger = function.Hunger;
        var claim = new ClaimId(books.NewName());
        pod.Miss = hunger.Missed > 0;
        hunger.Missed = Math.Max(0, hunger.Missed - 1);
        var told = hunger.Told > 0;
        hunger.Told = Math.Max(0, hunger.Told - 1);
        books.Pods.ToClaimed(pod, function.Current, claim, books.Clock.Now);
        books.Due.Set(pod, books.Clock.After(books.Spec.SpecializeDeadline));
        books.Claims++;
        books.Hits += told ? 0 : 1;
        books.Hungry.Want(function, hunger.Pods - 1, books.Clock.Now);
        books.Backend.Specialize(new ClaimOrder(claim, pod.Id, function.Current.Spec, books.Spec.SpecializeDeadline) { Missed = told });
        books.Tell(PoolEventKind.Claimed, pod);
    }

    private void Judge(Pod pod, StartFault fault)
    {
        var revision = pod.Revision!;
        var function = revision.Function;
        books.Touch(function);
        books.Tell(PoolEventKind.StartFailed, pod, reason: fault.Reason, message: fault.Message);
        if (function.Removed || revision != function.Current)
        {
            return;
        }

        function.LastFault = fault;
        if (fault.OfCode)
        {
            function.PlatformFaults = 0;
            Trip(pod, fault, RefusalReason.StartFailed);
            return;
        }

        // Failures long ago say nothing of the platform now.
        if (books.Clock.Since(function.LastPlatformFault) > books.Spec.BreakerMax)
        {
            function.PlatformFaults = 0;
        }

        function.LastPlatformFault = books.Clock.Now;
        if (++function.PlatformFaults >= books.Spec.ClaimAttempts && revision.Claimed.Count == 0)
        {
            function.PlatformFaults = 0;
            Trip(pod, fault, RefusalReason.PodsFailed);
        }
    }

    private void Trip(Pod pod, StartFault fault, RefusalReason why)
    {
        var function = pod.Revision!.Function;
        var breaker = function.Breaker;
        if (!breaker.Trip(fault, pod.ClaimedAt, books.Clock, books.Spec))
        {
            return;
        }

        var openFor = books.Clock.Until(breaker.Until);
        books.Tell(PoolEventKind.BreakerOpened, function: function, reason: fault.Reason, message: fault.Message);

        // While instances serve, one of them may have room before the deadline: better late than refused.
        if (function.Routed.Serving.Count == 0)
        {
            callers.Refuse(function, why, fault, openFor);
        }
    }
}
