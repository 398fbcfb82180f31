using System.Diagnostics.CodeAnalysis;

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
    private string _template = "";

    /// <summary>Warm pods that are as new ones would be.</summary>
    public WarmSet Warm { get; } = new();

    /// <summary>Warm pods that were made from another template: taken when no others are left, and given up for new ones.</summary>
    public WarmSet Outdated { get; } = new();

    public IReadOnlyCollection<Pod> All => _pods.Values;

    /// <summary>Pods in all, those too that are being deleted.</summary>
    public int Total => _pods.Count;

    public int Count(PodState state) => _counts[(int)state];

    /// <summary>The warm pod to take for a function.</summary>
    public bool TryPick(FunctionSpec function, [NotNullWhen(true)] out Pod? pod) => Warm.TryPick(function, out pod) || Outdated.TryPick(function, out pod);

    /// <summary>New pods are made from this from now on.</summary>
    public void UseTemplate(string template)
    {
        _template = template;
        foreach (var pod in _pods.Values)
        {
            if (pod.WarmIn is { } set && set != SetOf(pod))
            {
                LeaveWarm(pod);
                EnterWarm(pod);
            }
        }
    }

    /// <summary>Whether a pod was made from something else than new ones are.</summary>
    public bool IsOutdated(Pod pod) => _template.Length > 0 && pod.Template.Length > 0 && pod.Template != _template;

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

        var template = observation.Template.Length > 0 ? observation.Template : pod.Template;
        if (pod.Node == observation.Node && pod.Template == template && pod.HeldPackages.SequenceEqual(observation.HeldPackages))
        {
            return;
        }

        var warm = pod.State == PodState.Warm;
        if (warm)
        {
            LeaveWarm(pod);
        }

        pod.Node = observation.Node;
        pod.Template = template;
        pod.HeldPackages = [.. observation.HeldPackages];
        if (warm)
        {
            EnterWarm(pod);
        }
    }

    public void ToWarm(Pod pod)
    {
        Leave(pod, PodState.Warm);
        EnterWarm(pod);
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

    private WarmSet SetOf(Pod pod) => IsOutdated(pod) ? Outdated : Warm;

    private void EnterWarm(Pod pod)
    {
        pod.WarmIn = SetOf(pod);
        pod.WarmIn.Add(pod);
    }

    private static void LeaveWarm(Pod pod)
    {
        pod.WarmIn!.Remove(pod);
        pod.WarmIn = null;
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
                LeaveWarm(pod);
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
