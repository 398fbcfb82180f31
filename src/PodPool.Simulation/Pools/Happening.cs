using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>What becomes of a pod after an order of the pool, which hears of it then.</summary>
/// <param name="Kind">What.</param>
/// <param name="Pod">Of which pod.</param>
/// <param name="Claim">What it was specialized for; of no other kind.</param>
internal readonly record struct Happening(HappeningKind Kind, PodId Pod, ClaimId Claim = default)
{
    public void TellTo(Pool pool)
    {
        switch (Kind)
        {
            case HappeningKind.Warm:
                pool.PodObserved(new PodObservation(Pod, PodPhase.Warm, SimulatedPods.Node));
                break;
            case HappeningKind.Specialized:
                pool.Specialized(Claim, default);
                break;
            case HappeningKind.Drained:
                pool.Drained(Pod);
                break;
            default:
                pool.PodGone(Pod, "deleted");
                break;
        }
    }
}

/// <summary>Kinds of <see cref="Happening"/>.</summary>
internal enum HappeningKind : byte
{
    Warm,
    Specialized,
    Drained,
    Gone,
}
