namespace PodPool.DaprStandIn.Components;

/// <summary>What a store puts before the keys of its callers.</summary>
/// <remarks>dapr/dapr pkg/components/state/state_config.go: a strategy's name is taken in lower case, and so is a prefix of the user's own.</remarks>
internal sealed class KeyPrefix
{
    private const string Separator = "||";

    private readonly string _prefix;

    /// <exception cref="FormatException">The component's prefix holds the separator.</exception>
    public KeyPrefix(Component component, string appId)
    {
        var strategy = Checked(component["keyPrefix"] ?? "").ToLowerInvariant();
        _prefix = strategy switch
        {
            "none" => "",
            "name" => component.Name + Separator,
            "" or "appid" => appId + Separator,
            _ => strategy + Separator,
        };
    }

    /// <summary>A key as it is in the store.</summary>
    /// <exception cref="FormatException">It holds the separator.</exception>
    public string Enter(string key) => _prefix + Checked(key);

    /// <summary>A key as callers know it.</summary>
    public static string Leave(string key) => key.Split(Separator) is [_, var own, ..] ? own : key;

    private static string Checked(string key)
        => key.Contains(Separator, StringComparison.Ordinal) ? throw new FormatException($"input key/keyPrefix '{key}' can't contain '{Separator}'") : key;
}
