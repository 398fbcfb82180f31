namespace PodPool.Core;

/// <summary>
/// What the backend says of pods, turned into transitions. Level, not edge: what is known already, or was before, changes nothing.
/// Pods in no books are adopted as what they are; those that nobody can own are deleted.
/// </summary>
internal sealed class Observations(PoolBooks books, Refill refill, Starts starts, Drains drains)
{
    private readonly HashSet<PodId> _listed = [];

    public void Observe(PodObservation seen) => Observe(seen, listed: false);

    public void Gone(PodId id, string message)
    {
        var pod = books.Pods.Find(id);
        Bury(id, pod, certain: true);
        if (pod is not null)
        {
            Gone(pod, message);
        }
    }

    public void CreationFailed(PodId id, string message)
    {
        if (books.Pods.Find(id) is { State: PodState.Starting, Seen: false } pod)
        {
            Gone(pod, message);
        }
    }

    public void Reconcile(IReadOnlyCollection<PodObservation> existing)
    {
        _listed.Clear();
        foreach (var seen in existing)
        {
            _listed.Add(seen.Pod);
            if (books.Pods.Find(seen.Pod) is { State: PodState.Gone } deleted)
            {
                books.Backend.Delete(deleted.Id, deleted.DeleteReason);
            }
            else
            {
                Observe(seen, listed: true);
            }
        }

        var missing = books.Pods.All.Where(pod => !_listed.Contains(pod.Id) && (pod.Seen || pod.State != PodState.Starting)).ToList();
        foreach (var pod in missing)
        {
            Bury(pod.Id, pod, certain: false);
            Gone(pod, "The backend does not list it.");
        }
    }

    /// <summary>A pod did not become warm in time.</summary>
    public void StartTimeOver(Pod pod)
    {
        books.Delete(pod, DeleteReason.StartFailed);
        refill.Failed(pod, $"Pod {pod.Id} was not warm after {books.Clock.Since(pod.Since).TotalSeconds:0.###} s{Because(pod)}.");
    }

    private static string Because(Pod pod) => pod.Trouble.Length > 0 ? $": {pod.Trouble}" : "";

    private void Observe(PodObservation seen, bool listed)
    {
        if (books.Pods.Find(seen.Pod) is { } pod)
        {
            books.Pods.Describe(pod, seen);
            Follow(pod, seen);
            return;
        }

        var ghost = books.GonePods.Judge(seen, listed, books.Clock.Now);
        if (ghost == Ghost.Late)
        {
            return;
        }

        pod = books.Pods.Add(seen.Pod, books.Clock.Now);
        books.Pods.Describe(pod, seen);
        if (ghost == Ghost.Spent)
        {
            books.Delete(pod, DeleteReason.Unowned);
        }
        else
        {
            Adopt(pod, seen);
        }
    }

    private void Bury(PodId id, Pod? pod, bool certain)
    {
        if (certain || pod is { State: >= PodState.Claimed })
        {
            var spent = pod is { Revision: not null };
            books.GonePods.Add(id, spent, certain, books.Clock.Now, books.Clock.After(books.Spec.StartDeadline));
        }
    }

    private void Gone(Pod pod, string message)
    {
        var function = pod.Revision?.Function;
        if (function is not null)
        {
            books.Touch(function);
        }

        switch (pod.State)
        {
            case PodState.Starting:
                books.Pods.Remove(pod);
                refill.Failed(pod, message);
                break;
            case PodState.Claimed:
                starts.Lost(pod, message);
                break;
            case PodState.Serving:
                function!.LostInstance = true;
                books.Pods.Remove(pod);
                break;
            default:
                books.Pods.Remove(pod);
                break;
        }

        books.Tell(PoolEventKind.PodGone, pod, message: message);
    }

    private void Follow(Pod pod, PodObservation seen)
    {
        switch (pod.State, seen.Phase)
        {
            case (PodState.Starting, PodPhase.Warm):
                books.Pods.ToWarm(pod);
                refill.BecameWarm(pod);
                books.Tell(PoolEventKind.PodWarm, pod);
                break;

            case (PodState.Starting, PodPhase.Failed):
                books.Delete(pod, DeleteReason.Failed);
                refill.Failed(pod, $"Pod {pod.Id} failed before it was warm{Because(pod)}.");
                break;

            case (PodState.Starting or PodState.Warm, PodPhase.Specializing or PodPhase.Serving or PodPhase.Draining):
                Adopt(pod, seen);
                break;

            case (PodState.Claimed, PodPhase.Specializing or PodPhase.Serving or PodPhase.Draining or PodPhase.Failed)
                when seen.Binding is { } binding && binding.Claim != pod.Claim:
                var fault = new StartFault(OfCode: false, Reasons.ClaimConflict, $"Pod {pod.Id} is bound by claim {binding.Claim}.");
                starts.Failed(pod, fault, DeleteReason.Unowned);
                break;

            case (PodState.Claimed, PodPhase.Serving or PodPhase.Draining or PodPhase.Failed):
                starts.Heard(pod, seen.Phase);
                break;

            case (PodState.Serving, PodPhase.Draining):
                drains.Begin(pod);
                break;

            case (PodState.Serving, PodPhase.Failed):
                pod.Revision!.Function.LostInstance = true;
                books.Delete(pod, DeleteReason.Failed);
                break;

            case (PodState.Warm or PodState.Draining, PodPhase.Failed):
                books.Delete(pod, DeleteReason.Failed);
                break;
        }
    }

    private void Adopt(Pod pod, PodObservation seen)
    {
        var binding = seen.Binding;
        var revision = binding is not null && books.Functions.TryGetValue(binding.Function, out var function)
            ? function.RevisionOf(binding.Revision)
            : null;
        switch (seen.Phase)
        {
            case PodPhase.Starting:
                books.Due.Set(pod, books.Clock.After(books.Spec.StartDeadline));
                break;

            case PodPhase.Warm:
                books.Pods.ToWarm(pod);
                refill.Works(pod);
                break;

            case PodPhase.Specializing when revision is not null && books.Pods.Claimed(binding!.Claim) is null:
                books.Pods.ToClaimed(pod, revision, binding.Claim, books.Clock.Now);
                pod.FoundClaimed = true;
                books.Due.Set(pod, books.Clock.After(books.Spec.SpecializeDeadline));
                books.Touch(revision.Function);
                break;

            case PodPhase.Serving when revision is not null:
                books.Pods.ToServing(pod, revision, books.Clock.Now);
                starts.KeepFor(revision.Function, revision);
                books.Touch(revision.Function);
                break;

            case PodPhase.Draining:
                // Whose it was does not matter any more, but what it runs may end.
                pod.Revision = revision;
                drains.Begin(pod);
                break;

            case PodPhase.Failed:
                books.Delete(pod, DeleteReason.Failed);
                return;

            default:
                books.Delete(pod, DeleteReason.Unowned);
                return;
        }

        books.Tell(PoolEventKind.PodAdopted, pod);
    }
}
