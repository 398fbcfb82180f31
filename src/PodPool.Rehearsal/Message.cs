namespace PodPool.Rehearsal;

/// <summary>A bit of everything that JSON has.</summary>
public sealed record Message(string Text, int Number, double Ratio, bool Flag, DateTimeOffset At, IReadOnlyList<string> Tags);
