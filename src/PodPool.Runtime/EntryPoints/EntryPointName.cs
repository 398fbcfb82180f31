using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.EntryPoints;

/// <summary>An entry point as it is written: <c>Assembly</c>, <c>Assembly::Type</c> or <c>Assembly::Type::Method</c>.</summary>
internal sealed record EntryPointName(string Assembly, string? Type, string? Method)
{
    /// <exception cref="RefusalException">ENTRY_POINT_INVALID.</exception>
    public static EntryPointName Parse(string text)
    {
        var parts = text.Split("::");
        return parts.Length > 3 || parts.Any(string.IsNullOrWhiteSpace) || parts[0].Contains('/')
            ? throw new RefusalException(
                Reason.EntryPointInvalid, $"'{text}' is no entry point: write Assembly, Assembly::Namespace.Type or Assembly::Namespace.Type::Method")
            : new(parts[0], parts.ElementAtOrDefault(1), parts.ElementAtOrDefault(2));
    }

    public override string ToString() => string.Join("::", new[] { Assembly, Type, Method }.OfType<string>());
}
