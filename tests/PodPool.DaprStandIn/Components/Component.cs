using PodPool.DaprStandIn.Go;

namespace PodPool.DaprStandIn.Components;

/// <summary>A component as its file describes it.</summary>
/// <param name="Name">What callers name it by.</param>
/// <param name="Type">What it is: "state.redis", ….</param>
/// <param name="Version">"v1".</param>
/// <param name="IgnoreErrors">The process starts without it if it cannot be made.</param>
/// <param name="Metadata">Its settings; names in any case.</param>
internal sealed record Component(string Name, string Type, string Version, bool IgnoreErrors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>A setting; null: it has none, or an empty one.</summary>
    public string? this[string name] => Metadata.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <exception cref="FormatException">It is set and no length of time.</exception>
    public TimeSpan Time(string name, TimeSpan otherwise) => this[name] is { } value ? GoDuration.ParseOrMilliseconds(value) : otherwise;

    /// <exception cref="FormatException">It is set and no whole number.</exception>
    public int Number(string name, int otherwise)
        => this[name] is not { } value ? otherwise : int.TryParse(value, out var number) ? number : throw new FormatException($"can't parse {name} field: {value}");

    /// <summary>Whether a binding works in a direction: one that does not say works in both.</summary>
    public bool Works(string direction)
        => this["direction"] is not { } value || Says(value, direction);

    /// <summary>Whether a binding says so itself.</summary>
    public bool SaysItWorks(string direction) => this["direction"] is { } value && Says(value, direction);

    private static bool Says(string value, string direction) => value.Split(',').Any(one => one.Trim().Equals(direction, StringComparison.OrdinalIgnoreCase));
}
