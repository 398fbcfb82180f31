using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Reads the fields of a YAML map, and notes what is wrong with them. A field that nobody asked for is unknown: a mistyped one is not left out silently.</summary>
internal sealed class YamlMap
{
    private readonly Dictionary<string, YamlNode> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlNode> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly FileErrors _errors;
    private readonly string _path;

    /// <param name="node">The map; another node is an error.</param>
    /// <param name="path">Where it is, e.g. <c>stages[0].loads</c>; empty: the file's own.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public YamlMap(YamlNode node, string path, FileErrors errors)
    {
        (Node, _path, _errors) = (node, path, errors);
        if (node is not YamlMappingNode map)
        {
            errors.Add(node, path, "a map is wanted, `name: value` a line");
            return;
        }

        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            (_keys[name], _fields[name]) = (key, value);
        }
    }

    public YamlNode Node { get; }

    public IEnumerable<string> Names => _fields.Keys;

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>Where a field is, for messages.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>What a field is; null: it is not there.</summary>
    public YamlNode? Find(string name)
    {
        _known.Add(name);
        return _fields.GetValueOrDefault(name);
    }

    public void Error(string name, string what) => _errors.Add(_keys.GetValueOrDefault(name) ?? Node, PathOf(name), what);

    public string? Text(string name)
    {
        switch (Find(name))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } text }:
                return text;
            default:
                Error(name, "a value is wanted");
                return null;
        }
    }

    /// <summary>One value, or a list of them.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        switch (Find(name))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } text }:
                return [text];
            case YamlSequenceNode { Children.Count: > 0 } list when list.All(node => node is YamlScalarNode { Value: not null }):
                return [.. list.Select(node => ((YamlScalarNode)node).Value!)];
            default:
                Error(name, "a value, or a list of values, is wanted");
                return [];
        }
    }

    public double? Number(string name, double min, double max)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Error(name, string.Create(CultureInfo.InvariantCulture, $"it is '{text}'; it must be a number from {min:0.######} to {max:0.######}"));
        return null;
    }

    public int? Whole(string name, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Error(name, string.Create(CultureInfo.InvariantCulture, $"it is '{text}'; it must be a whole number from {min} to {max}"));
        return null;
    }

    public bool? Flag(string name)
    {
        switch (Text(name))
        {
            case null:
                return null;
            case "true":
                return true;
            case "false":
                return false;
            case var text:
                Error(name, $"it is '{text}'; it must be true or false");
                return null;
        }
    }

    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (PlanDuration.Parse(text) is { } duration)
        {
            return duration;
        }

        Error(name, $"it is '{text}'; it must be a duration, e.g. 250ms, 30s, 5m or 2h");
        return null;
    }

    public YamlMap? Map(string name) => Find(name) is { } node ? new(node, PathOf(name), _errors) : null;

    /// <summary>Notes the fields that nobody asked for.</summary>
    public void RefuseOthers()
    {
        foreach (var name in _fields.Keys.Where(name => !_known.Contains(name)))
        {
            Error(name, $"there is no such field; it may have {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }
}
