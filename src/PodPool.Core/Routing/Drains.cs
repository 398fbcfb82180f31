namespace PodPool.Core;

/// <summary>
/// How an instance ends:
/// <code>
/// out of routing ──every connected router acknowledged, or timeout──► Drain ──Drained, or grace and margin──► Delete ──► gone
/// </code>
/// </summary>
internal sealed class Drains(PoolBooks books, Routers routers)
{
    /// <summary>For a drain's answer to arrive after its grace is over.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly List<Pod> _leaving = [];
    private readonly List<Pod> _unacknowledged = [];

    /// <summary>Takes an instance out of routing; its drain follows when the route is announced.</summary>
    public void Begin(Pod pod)
    {
        books.Pods.ToDraining(pod);
        books.Tell(PoolEventKind.Draining, pod);
        _leaving.Add(pod);
        if (pod.Revision is { } revision)
        {
            books.Touch(revision.Function);
        }
    }

    /// <summary>The routes are announced: whoever left them waits for the routers now.</summary>
    public void RoutesAnnounced()
    {
        foreach (var pod in _leaving.Where(static pod => pod.State == PodState.Draining))
        {
            pod.OutSince = books.RouteVersion;
            _unacknowledged.Add(pod);
            books.Due.Set(pod, books.Clock.After(books.Spec.RouteAckTimeout));
        }

        if (_leaving.Count > 0)
        {
            _leaving.Clear();
            RoutersChanged();
        }
    }

    /// <summary>Orders the drain of those that no connected router sends anything to any more.</summary>
    public void RoutersChanged()
    {
        var acknowledged = routers.AcknowledgedByAll;
        _unacknowledged.RemoveAll(pod =>
        {
            if (pod.State != PodState.Draining || pod.DrainOrdered)
            {
                return true;
            }

            if (pod.OutSince > acknowledged)
            {
                return false;
            }

            Order(pod);
            return true;
        });
    }

    /// <summary>The time of a draining pod's present step is over.</summary>
    public void TimeOver(Pod pod)
    {
        if (pod.DrainOrdered)
        {
            books.Delete(pod, DeleteReason.Drained);
        }
        else
        {
            Order(pod);
        }
    }

    public void Drained(Pod pod)
    {
        if (pod.State == PodState.Draining && pod.DrainOrdered)
        {
            books.Delete(pod, DeleteReason.Drained);
        }
    }

    private void Order(Pod pod)
    {
        pod.DrainOrdered = true;
        books.Due.Set(pod, books.Clock.Add(books.Clock.After(books.Spec.DrainGrace), Margin));
        books.Backend.Drain(pod.Id, books.Spec.DrainGrace);
    }
}
