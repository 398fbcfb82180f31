using Spectre.Console;
using Spectre.Console.Rendering;

namespace PodPool.Cli.Output;

/// <summary>Columns without lines, as lists of things look in a shell: a row is a line, and no cell is wrapped or cut, however narrow the terminal is.</summary>
/// <remarks>
/// Not Spectre's <see cref="Table"/>: that one breaks words where it lacks room, in columns that must not wrap too, and is a single "…" where it lacks more.
/// A row that is wider than the terminal is wrapped by the terminal itself, and is whole when it is copied.
/// </remarks>
internal sealed class ShellTable : Renderable
{
    private const int Gap = 3;
    private const int NarrowGap = 2;

    private readonly string[] _headers;
    private readonly List<string[]> _rows = [];
    private IReadOnlyList<string> _leaveOut = [];

    public ShellTable(ReadOnlySpan<string> headers) => _headers = [.. headers];

    /// <summary>Names the columns that are left out, one after the other, until the others fit; below the table it says which.</summary>
    public ShellTable LeaveOut(params IReadOnlyList<string> headers)
    {
        _leaveOut = headers;
        return this;
    }

    /// <summary>A row of plain text: no markup in it is read.</summary>
    public void Row(params ReadOnlySpan<string> cells)
    {
        if (cells.Length != _headers.Length)
        {
            throw new ArgumentException($"a row has {_headers.Length} cells", nameof(cells));
        }

        _rows.Add([.. cells]);
    }

    /// <summary>Says which columns are not there.</summary>
    public static string LeftOut(IEnumerable<string> headers)
        => $"Left out, as the terminal is narrow: {string.Join(", ", headers)}. All are in --output json, and in a file or pipe.";

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var widths = _headers.Select((header, column) => _rows.Select(row => Width(row[column])).Append(Width(header)).Max()).ToArray();
        List<int> columns = [.. Enumerable.Range(0, _headers.Length)];
        List<string> left = [];
        int Taken(int gap) => columns.Sum(column => widths[column] + gap) - gap;

        foreach (var header in _leaveOut)
        {
            if (Taken(NarrowGap) <= maxWidth)
            {
                break;
            }

            if (columns.RemoveAll(column => _headers[column] == header) > 0)
            {
                left.Add(header);
            }
        }

        var gap = Taken(Gap) <= maxWidth ? Gap : NarrowGap;
        foreach (var segment in Line(_headers, new Style(decoration: Decoration.Bold)).Concat(_rows.SelectMany(row => Line(row, Style.Plain))))
        {
            yield return segment;
        }

        if (left.Count > 0)
        {
            var note = new Text(LeftOut(left), new Style(Color.Grey));
            foreach (var segment in ((IRenderable)note).Render(options, maxWidth))
            {
                yield return segment;
            }

            yield return Segment.LineBreak;
        }

        IEnumerable<Segment> Line(string[] cells, Style style)
        {
            // Nothing after the last cell that says something: spaces that no longer fit would be an empty line.
            var last = columns.FindLastIndex(column => cells[column].Length > 0);
            for (var index = 0; index <= last; index++)
            {
                var cell = OneLine(cells[columns[index]]);
                yield return new Segment(cell, style);
                if (index < last)
                {
                    yield return new Segment(new string(' ', widths[columns[index]] - Width(cell) + gap));
                }
            }

            yield return Segment.LineBreak;
        }
    }

    private static int Width(string cell) => new Segment(OneLine(cell)).CellCount();

    private static string OneLine(string cell) => cell.ReplaceLineEndings(" ");
}
