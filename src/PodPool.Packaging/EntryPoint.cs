using System.Diagnostics.CodeAnalysis;

namespace PodPool.Packaging;

/// <summary>The name of what a function runs: <c>Assembly</c>, <c>Assembly::Type</c> or <c>Assembly::Type::Method</c>.</summary>
/// <param name="Assembly">Without <c>.dll</c>.</param>
/// <param name="Type">With its namespace, <c>+</c> before the name of a nested type; null: to be found.</param>
/// <param name="Method">Null: to be found.</param>
public sealed record EntryPoint(string Assembly, string? Type = null, string? Method = null)
{
    private const string Form = "write 'Assembly', 'Assembly::Namespace.Type' or 'Assembly::Namespace.Type::Method', the assembly without '.dll'";

    /// <summary>Reads the text form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="entryPoint">The entry point.</param>
    /// <param name="error">What is wrong with the text, for a person.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out EntryPoint? entryPoint, [NotNullWhen(false)] out string? error)
    {
        var parts = text.Split("::");
        entryPoint = null;
        error = parts.Length > 3 ? $"the entry point '{text}' has {parts.Length} parts: {Form}"
            : parts.Any(string.IsNullOrWhiteSpace) ? $"the entry point '{text}' has an empty part: {Form}"
            : parts.Any(part => part.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || character is '/' or '\\' or ':' or ','))
                ? $"the entry point '{text}' contains a character that no name has: {Form}"
            : parts[0].EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? $"the entry point '{text}' names a file: {Form}"
            : null;
        if (error is not null)
        {
            return false;
        }

        entryPoint = new(parts[0], parts.ElementAtOrDefault(1), parts.ElementAtOrDefault(2));
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Type is null ? Assembly : Method is null ? $"{Assembly}::{Type}" : $"{Assembly}::{Type}::{Method}";
}
