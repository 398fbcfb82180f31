using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Everything that is wrong with a file, each with its line and field: who writes one shall not find out one by one.</summary>
/// <param name="file">Its name, as the user gave it.</param>
internal sealed class FileErrors(string file)
{
    private readonly List<(long Line, string Text)> _found = [];

    public bool Any => _found.Count > 0;

    public string File { get; } = file;

    /// <summary>Line by line.</summary>
    public string Text => string.Join(Environment.NewLine, _found.OrderBy(error => error.Line).Select(error => error.Text));

    public void Add(YamlNode at, string field, string what) => Add(at.Start.Line, field, what);

    public void Add(long line, string field, string what)
        => _found.Add((line, string.Create(CultureInfo.InvariantCulture, $"{File}:{line}: {(field.Length == 0 ? "" : field + ": ")}{what}")));
}
