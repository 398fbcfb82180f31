using System.Diagnostics.CodeAnalysis;
using Cel;

namespace PodPool.EventRules;

/// <summary>
/// A rule of a subscription: an expression in CEL over <c>event</c>, a CloudEvent as Dapr routes them
/// (https://docs.dapr.io/developing-applications/building-blocks/pubsub/howto-route-messages/). Shared by those who check rules and those who follow them.
/// </summary>
public sealed class EventMatch
{
    /// <summary>Nothing that a person writes is longer.</summary>
    public const int MaxLength = 4096;

    private readonly CelProgramDelegate _program;

    private EventMatch(CelProgramDelegate program) => _program = program;

    /// <summary>Reads an expression.</summary>
    /// <param name="expression">As it was written.</param>
    /// <param name="match">What it means.</param>
    /// <param name="error">Why it means nothing; empty if it does.</param>
    public static bool TryCompile(string expression, [NotNullWhen(true)] out EventMatch? match, out string error)
    {
        match = null;
        error = "";
        if (string.IsNullOrWhiteSpace(expression) || expression.Length > MaxLength)
        {
            error = $"1 to {MaxLength} characters are wanted";
            return false;
        }

        try
        {
            match = new(new CelEnvironment(null, null).Compile(expression));
            return true;
        }
        catch (Exception exception) when (exception is CelException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            error = exception.Message;
            return false;
        }
    }

    /// <summary>Whether an event is meant. One that lacks what the expression asks for is not.</summary>
    /// <param name="attributes">The event: its attributes by their names, and <c>data</c>; of lists, maps, strings, numbers, truth values and null.</param>
    public bool IsMet(IReadOnlyDictionary<string, object?> attributes)
    {
        try
        {
            return _program(new Dictionary<string, object?> { ["event"] = attributes }) is true;
        }
        catch (CelException)
        {
            return false;
        }
    }
}
