namespace PodPool.Manager.Leading;

/// <summary>The time for which a manager leads.</summary>
/// <param name="Epoch">Grows with each leader; 0 where there is only one manager.</param>
/// <param name="Over">Signalled when it leads no more.</param>
internal sealed record Term(ulong Epoch, CancellationToken Over);
