namespace PodPool.Core;

/// <summary>One function's load on one router, now; replaces what that router said before.</summary>
/// <param name="Router">The router; a new name at every start of it.</param>
/// <param name="Function">The function.</param>
/// <param name="Sequence">Grows with every report of the router; older ones are ignored.</param>
/// <param name="Waiting">Requests held.</param>
/// <param name="InFlight">Requests forwarded and not finished.</param>
public readonly record struct FunctionLoad(string Router, FunctionName Function, ulong Sequence, int Waiting, int InFlight);
