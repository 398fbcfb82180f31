using System.Globalization;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Router.Forwarding;

/// <summary>Where the time of a request that was held went.</summary>
/// <param name="Outcome">One of <see cref="StartOutcome"/>.</param>
/// <param name="Phases">Names of <see cref="PhaseNames"/> in their order, those that are this request's to know.</param>
internal sealed record StartTiming(string Outcome, IReadOnlyList<(string Name, TimeSpan Took)> Phases)
{
    /// <summary>
    /// The phases of a start belong to the request that began it; for one that only waited, all of them are queue. Together they are what
    /// the caller waited: what is not the pod's or the claim's is the queue's.
    /// </summary>
    /// <remarks>
    /// Of an instance that this router heard of while it held the request, the start may be another router's doing: then it took longer
    /// than the request was held. One whose start nobody told was there before.
    /// </remarks>
    public static StartTiming Of(Exchange exchange, TimeSpan firstCall)
    {
        if (exchange.Outcome != StartOutcome.Pooled)
        {
            return WithoutStart(exchange.Outcome);
        }

        if (exchange.Instance?.Start is not { Phases: { } start } begun)
        {
            return WithoutStart(StartOutcome.Warm);
        }

        var (claim, transfer, load, begin) = (Micro(start.Claim), Micro(start.Transfer), Micro(start.Load), Micro(start.Start));
        var queue = exchange.Held - claim - transfer - load - begin;
        if (queue < TimeSpan.Zero)
        {
            return WithoutStart(StartOutcome.Coalesced);
        }

        return new(begun.Miss ? StartOutcome.Miss : StartOutcome.Pooled,
        [
            (PhaseNames.Queue, queue),
            (PhaseNames.Claim, claim),
            (PhaseNames.Transfer, transfer),
            (PhaseNames.Load, load),
            (PhaseNames.Start, begin),
            (PhaseNames.FirstCall, firstCall),
        ]);

        StartTiming WithoutStart(string outcome) => new(outcome, [(PhaseNames.Queue, exchange.Held), (PhaseNames.FirstCall, firstCall)]);
    }

    /// <summary>The value of <c>Server-Timing</c>; durations in milliseconds.</summary>
    public string ToHeader() => string.Join(", ", Phases.Select(
        phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Name};dur={phase.Took.TotalMilliseconds:F3}")));

    private static TimeSpan Micro(long microseconds) => TimeSpan.FromMicroseconds(microseconds);
}
