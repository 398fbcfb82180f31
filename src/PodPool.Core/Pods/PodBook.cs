namespace PodPool.Core;

/// <summary>
/// Every pod that exists or was ordered, in exactly one state. All transitions are here, and they only go forward:
/// <code>Starting → Warm → Claimed → Serving → Draining → Gone → (out of the books)</code>
/// States may be skipped, never gone back to; so no pod is warm twice.
/// </summary>
internal sealed class PodBook(DueTimes due)
{
    private readonly Dictionary<PodId, Pod> _pods = [];
    private readonly Dictionary<ClaimId, Pod> _claims = [];
    private readonly int[] _counts = new int[(int)PodState.Gone + 1];
    private Pod? _troubled;

    public WarmSet Warm { get; } = new();

    public IReadOnlyCollection<Pod> All => _pods.Values;

    /// <summary>Pods in all, those too that are being deleted.</summary>
    public int Total => _pods.Count;

    public int Count(PodState state) => _counts[(int)state];

    /// <summary>
    /// What keeps the starting pod that was told of last from becoming warm; empty: nothing, as far as is known. When that one is past it, another's is
    /// heard again by the next look at all pods.
    /// </summary>
    public string Trouble => _troubled is { State: PodState.Starting } pod ? pod.Trouble : "";

    public Pod? Find(PodId id) => _pods.GetValueOrDefault(id);

    /// <summary>The pod that waits for the answer to this claim.</summary>
    public Pod? Claimed(ClaimId claim) => _claims.GetValueOrDefault(claim);

    /// <summary>A pod in its first state. What it is bound to is told by the next transition.</summary>
    public Pod Add(PodId id, long now)
    {
        var pod = new Pod(id, now);
        _pods.Add(id, pod);
        _counts[(int)PodState.Starting]++;
        return pod;
    }

    /// <summary>What the backend says of it, whatever its state.</summary>
    public void Describe(Pod pod, PodObservation observation)
    {
        pod.Seen = true;
        pod.Trouble = observation.Trouble;
        if (pod.Trouble.Length > 0)
        {
            _troubled = pod;
        }

        if (pod.Node == observation.Node && pod.HeldPackages.SequenceEqual(observation.HeldPackages))
        {
            return;
        }

        var warm = pod.State == PodState.Warm;
        if (warm)
        {
            Warm.Remove(pod);
        }

        pod.Node = observation.Node;
        pod.HeldPackages = [.. observation.HeldPackages];
        if (warm)
        {
            Warm.Add(pod);
        }
    }

    public void ToWarm(Pod pod)
    {
        Leave(pod, PodState.Warm);
        Warm.Add(pod);
    }

    public void ToClaimed(Pod pod, Revision revision, ClaimId claim, long now)
    {
        Leave(pod, PodState.Claimed);
        pod.Revision = revision;
        pod.Claim = claim;
        pod.ClaimedAt = now;
        _claims.Add(claim, pod);
        revision.Claimed.Add(pod);
    }

    public void ToServing(Pod pod, Revision revision, long now)
    {
        Leave(pod, PodState.Serving);
        pod.Revision = revision;
        pod.ServingSince = now;
        revision.Serving.Add(pod);
        revision.RouteMayChange();
    }

    public void ToDraining(Pod pod)
    {
        Leave(pod, PodState.Draining);
        pod.Revision?.Function.Draining.Add(pod);
    }

    public void ToGone(Pod pod) => Leave(pod, PodState.Gone);

    /// <summary>It does not exist.</summary>
    public void Remove(Pod pod)
    {
        if (pod.State != PodState.Gone)
        {
            Leave(pod, PodState.Gone);
        }

        _counts[(int)PodState.Gone]--;
        _pods.Remove(pod.Id);
    }

    private void Leave(Pod pod, PodState next)
    {
        if (next <= pod.State)
        {
            throw new InvalidOperationException($"Pod {pod.Id} cannot go from {pod.State} to {next}.");
        }

        due.Clear(pod);
        _counts[(int)pod.State]--;
        _counts[(int)next]++;
        switch (pod.State)
        {
            case PodState.Warm:
                Warm.Remove(pod);
                break;
            case PodState.Claimed:
                _claims.Remove(pod.Claim);
                pod.Revision!.Claimed.Remove(pod);
                break;
            case PodState.Serving:
                pod.Revision!.Serving.Remove(pod);
                pod.Revision.RouteMayChange();
                break;
            case PodState.Draining:
                pod.Revision?.Function.Draining.Remove(pod);
                break;
        }

        pod.State = next;
    }
}
