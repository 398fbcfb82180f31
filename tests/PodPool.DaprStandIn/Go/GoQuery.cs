namespace PodPool.DaprStandIn.Go;

/// <summary>What is behind a path, as Go reads it: names in their own case, in the order in which they came.</summary>
/// <remarks>https://pkg.go.dev/net/url#ParseQuery: a pair with a semicolon or a broken escape is left out.</remarks>
internal sealed class GoQuery
{
    private readonly List<(string Name, string Value)> _pairs = [];

    public GoQuery(string query)
    {
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            try
            {
                if (!pair.Contains(';', StringComparison.Ordinal))
                {
                    _pairs.Add((GoUrl.UnescapeParameter(at < 0 ? pair : pair[..at]), at < 0 ? "" : GoUrl.UnescapeParameter(pair[(at + 1)..])));
                }
            }
            catch (FormatException)
            {
                // Left out, as by Go.
            }
        }
    }

    /// <summary>The first of a name; null: there is none.</summary>
    public string? this[string name] => All(name) is [var first, ..] ? first : null;

    public IReadOnlyList<string> All(string name) => [.. _pairs.Where(pair => pair.Name == name).Select(pair => pair.Value)];

    /// <summary>What the caller gives a component: all that begins with "metadata.", without that.</summary>
    public Dictionary<string, string> Metadata()
    {
        const string Prefix = "metadata.";
        var metadata = new Dictionary<string, string>();
        foreach (var (name, value) in _pairs.Where(pair => pair.Name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            metadata.TryAdd(name[Prefix.Length..], value);
        }

        return metadata;
    }
}
