using Spectre.Console;
using Spectre.Console.Rendering;

namespace PodPool.Cli.Output;

/// <summary>A table of figures with lines; where it lacks room, columns are left out as in <see cref="ShellTable"/>, and no cell is wrapped.</summary>
/// <param name="names">Headers of the columns that hold names, aligned left.</param>
/// <param name="figures">Headers of those that hold figures, aligned right; and after them.</param>
/// <param name="leaveOut">Which are left out, one after the other, until the others fit.</param>
internal sealed class FramedTable(IReadOnlyList<string> names, IReadOnlyList<string> figures, IReadOnlyList<string> leaveOut)
{
    private readonly List<Text[]> _rows = [];

    public void Row(params IReadOnlyList<Text> cells) => _rows.Add([.. cells]);

    public void Write(IAnsiConsole console)
    {
        var width = console.Profile.Width;
        var left = 0;
        var table = Of([], narrow: false);
        if (WidthOf(table, console) > width)
        {
            table = Of([], narrow: true);
        }

        while (WidthOf(table, console) > width && left < leaveOut.Count)
        {
            table = Of(leaveOut.Take(++left), narrow: true);
        }

        try
        {
            // Spectre breaks words to fit; the terminal wraps lines, which can be copied whole.
            console.Profile.Width = Math.Max(width, WidthOf(table, console));
            console.Write(table);
        }
        finally
        {
            console.Profile.Width = width;
        }

        if (left > 0)
        {
            console.MarkupLineInterpolated($"[grey]{ShellTable.LeftOut(leaveOut.Take(left))}[/]");
        }
    }

    private static int WidthOf(Table table, IAnsiConsole console)
        => Segment.SplitLines(((IRenderable)table).Render(RenderOptions.Create(console), TextOutput.WidthOfFiles)).Max(line => line.CellCount());

    private Table Of(IEnumerable<string> without, bool narrow)
    {
        string[] headers = [.. names, .. figures];
        int[] columns = [.. Enumerable.Range(0, headers.Length).Where(column => headers[column].Length == 0 || !without.Contains(headers[column]))];
        var table = new Table { Border = TableBorder.SimpleHeavy };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(headers[column])
            {
                NoWrap = true,
                Alignment = column < names.Count ? Justify.Left : Justify.Right,
                Padding = new Padding(narrow ? 0 : 1, 0),
            });
        }

        foreach (var row in _rows)
        {
            table.AddRow(columns.Select(column => row[column]));
        }

        return table;
    }
}
