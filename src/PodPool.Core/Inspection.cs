namespace PodPool.Core;

/// <summary>What is told of a pool to who asks. It changes nothing.</summary>
internal sealed class Inspection(PoolBooks books, Refill refill, PoolSizing sizing)
{
    /// <summary>Where requests for a function may go.</summary>
    public FunctionRouting RouteOf(FunctionName function)
    {
        if (!books.Functions.TryGetValue(function, out var known))
        {
            return new FunctionRouting(null, []);
        }

        var spec = known.Routed.Spec;
        return new FunctionRouting(spec, known.Routed.Serving.ConvertAll(pod => new RoutedInstance(pod.Id, spec.Revision, pod.Miss, pod.Phases)));
    }

    /// <summary>Numbers.</summary>
    public PoolStatus Pool()
    {
        var pods = books.Pods;
        return new PoolStatus(
            books.Spec,
            pods.Count(PodState.Starting),
            pods.Count(PodState.Warm),
            pods.Count(PodState.Claimed),
            pods.Count(PodState.Serving),
            pods.Count(PodState.Draining),
            books.Claims,
            books.Misses,
            refill.Stopped)
        {
            Trouble = pods.Trouble,
            Size = sizing.Decision,
        };
    }

    /// <summary>One function; null: unknown.</summary>
    public FunctionStatus? StatusOf(FunctionName function) => books.Functions.TryGetValue(function, out var known) ? StatusOf(known) : null;

    /// <summary>All functions, oldest first.</summary>
    public IReadOnlyList<FunctionStatus> Functions() => [.. books.Functions.Values.OrderBy(function => function.Ordinal).Select(StatusOf)];

    private FunctionStatus StatusOf(Function function)
    {
        var instances = new List<InstanceStatus>();
        foreach (var revision in function.Revisions)
        {
            instances.AddRange(revision.Serving.Select(StatusOf));
            instances.AddRange(revision.Claimed.Select(StatusOf));
        }

        instances.AddRange(function.Draining.Select(StatusOf));
        var openFor = function.Breaker.IsOpen(books.Clock.Now) ? books.Clock.Until(function.Breaker.Until) : (TimeSpan?)null;
        return new FunctionStatus(
            function.Current.Spec, instances, Shown(function.Waiting), Shown(function.Demand.InFlight), function.LastFault, openFor);
    }

    private static InstanceStatus StatusOf(Pod pod) => new(pod.Id, pod.Revision!.Spec.Revision, pod.State, pod.Node);

    private static int Shown(long number) => (int)Math.Min(number, int.MaxValue);
}
