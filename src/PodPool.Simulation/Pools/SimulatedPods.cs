using System.Globalization;
using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>Pods that do what the pool orders, and take their time to become warm and to start; nothing of them fails.</summary>
internal sealed class SimulatedPods(SimulationSettings settings, LoadClock clock, Agenda agenda) : IPodBackend
{
    /// <summary>Where all of them run.</summary>
    public const string Node = "node";

    private readonly Chance _refills = new(settings.Seed);
    private readonly Chance _starts = new(~settings.Seed);
    private long _named;

    /// <summary>How many are what, and for how long.</summary>
    public PodHours Hours { get; } = new();

    /// <summary>For the pool: a name that was never used before.</summary>
    public string NewName() => Name('n');

    /// <summary>Pods that are warm already when the load begins.</summary>
    public IReadOnlyCollection<PodObservation> BeginWith(int warm)
    {
        Hours.Change(0, 0, warm, 0);
        return [.. Enumerable.Range(0, warm).Select(_ => new PodObservation(new PodId(Name('p')), PodPhase.Warm, Node))];
    }

    /// <summary>An instance of a function that is there already, as a pool finds those that it was told of.</summary>
    public PodObservation Adopt(FunctionName function, string revision)
    {
        Hours.Change(clock.Now, 0, 0, 1);
        var pod = new PodId(Name('a'));
        return new PodObservation(pod, PodPhase.Serving, Node, new PodBinding(function, revision, new ClaimId(pod.Value)));
    }

    /// <summary>The pool has taken note that one became warm: from then on it may be claimed.</summary>
    public void BecameWarm() => Hours.Change(clock.Now, -1, 1, 0);

    void IPodBackend.Create(PodId pod)
    {
        var slowed = 1 + (settings.RefillSlowdown * Hours.Starting);
        Hours.Change(clock.Now, 1, 0, 0);
        In((long)(settings.Refill.Draw(_refills) * slowed), new(HappeningKind.Warm, pod));
    }

    void IPodBackend.Specialize(ClaimOrder order)
    {
        Hours.Change(clock.Now, 0, -1, 1);
        In(settings.Start.Draw(_starts), new(HappeningKind.Specialized, order.Pod, order.Claim));
    }

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => In(0, new(HappeningKind.Drained, pod));

    void IPodBackend.Delete(PodId pod, DeleteReason reason)
    {
        switch (reason)
        {
            case DeleteReason.StartFailed:
                Hours.Change(clock.Now, -1, 0, 0);
                break;
            case DeleteReason.Surplus:
                Hours.Change(clock.Now, 0, -1, 0);
                break;
            default:
                Hours.Change(clock.Now, 0, 0, -1);
                break;
        }

        In(0, new(HappeningKind.Gone, pod));
    }

    private void In(long ticks, in Happening happening) => agenda.Add(clock.Now + ticks, happening);

    private string Name(char kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}{++_named}");
}
