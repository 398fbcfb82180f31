namespace PodPool.Core;

/// <summary>All that the pool knows of one function. Due: when its scale is to be looked at again though nothing happened.</summary>
internal sealed class Function : Due
{
    public Function(FunctionSpec spec, int ordinal, Demand demand, PeakWindow peak)
    {
        Ordinal = ordinal;
        Current = Routed = new Revision(this, spec);
        Demand = demand;
        Peak = peak;
        Hunger = new Hunger(this);
    }

    public FunctionName Name => Current.Spec.Name;

    /// <summary>Its place among all functions, oldest first.</summary>
    public int Ordinal { get; }

    /// <summary>The revision that is wanted; the only one that claims pods.</summary>
    public Revision Current { get; private set; }

    /// <summary>Those that still have pods, newest first.</summary>
    public List<Revision> Old { get; } = [];

    /// <summary>The revision whose instances are in routing.</summary>
    public Revision Routed { get; private set; }

    /// <summary>Instances out of routing, until they are deleted.</summary>
    public List<Pod> Draining { get; } = [];

    public Demand Demand { get; }

    public PeakWindow Peak { get; set; }

    public Breaker Breaker { get; } = new();

    public Hunger Hunger { get; }

    /// <summary>Acquires without an answer, oldest first.</summary>
    public LinkedList<Waiter> Waiters { get; } = new();

    /// <summary>Why its last start failed; null after one that did not.</summary>
    public StartFault? LastFault { get; set; }

    /// <summary>Starts in a row that failed by the platform's fault.</summary>
    public int PlatformFaults { get; set; }

    public long LastPlatformFault { get; set; }

    public bool Removed { get; set; }

    // ---- marks that last no longer than one call of the pool

    /// <summary>To be settled before the call returns.</summary>
    public bool Touched { get; set; }

    /// <summary>Routers must be told.</summary>
    public bool RouteChanged { get; set; }

    /// <summary>An instance died: what it ran wants another, though nobody asked yet.</summary>
    public bool LostInstance { get; set; }

    public IEnumerable<Revision> Revisions => Old.Prepend(Current);

    /// <summary>Instances and claims of all revisions: what the fair dealer counts.</summary>
    public int Holds
    {
        get
        {
            var pods = Current.Pods;
            foreach (var revision in Old)
            {
                pods += revision.Pods;
            }

            return pods;
        }
    }

    /// <summary>Claims under way, of all revisions.</summary>
    public int Claims
    {
        get
        {
            var claims = Current.Claimed.Count;
            foreach (var revision in Old)
            {
                claims += revision.Claimed.Count;
            }

            return claims;
        }
    }

    /// <summary>Requests that need a new instance or room in one; an acquire says that there is at least one.</summary>
    public long Waiting => Math.Max(Demand.Waiting, Waiters.Count > 0 ? 1 : 0);

    /// <summary>Requests in all.</summary>
    public long Load => Math.Max(Demand.Total, Waiters.Count > 0 ? 1 : 0);

    /// <summary>Requests that the instances in routing can take now, by the books.</summary>
    public long Room => Routed.Capacity - Demand.InFlight;

    /// <summary>An older revision is in routing because the current one cannot take over yet.</summary>
    public bool RollingOut => Routed != Current && Routed.Serving.Count > 0;

    /// <summary>The revision of that name; unknown ones are taken for the oldest.</summary>
    public Revision RevisionOf(string name)
    {
        if (Current.Spec.Revision == name)
        {
            return Current;
        }

        var revision = Old.Find(old => old.Spec.Revision == name);
        if (revision is null)
        {
            Old.Add(revision = new Revision(this, Current.Spec with { Revision = name }));
        }

        return revision;
    }

    /// <summary>Makes another revision the current one; one that still has pods is taken up as it is.</summary>
    public void Replace(FunctionSpec spec)
    {
        var known = Old.Find(old => old.Spec.Revision == spec.Revision);
        if (known is not null)
        {
            Old.Remove(known);
            known.Spec = spec;
        }

        Old.Insert(0, Current);
        Current = known ?? new Revision(this, spec);
    }

    public void Route(Revision revision)
    {
        if (Routed != revision)
        {
            Routed = revision;
            RouteChanged = true;
        }
    }

    public void ForgetEmptyRevisions() => Old.RemoveAll(static old => old.Pods == 0);
}
