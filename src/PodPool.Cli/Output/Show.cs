using System.Globalization;
using Spectre.Console;

namespace PodPool.Cli.Output;

/// <summary>How quantities and tables look to a person.</summary>
internal static class Show
{
    /// <summary>"4.2 ms", "1.3 s".</summary>
    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        < 0.01 => "0 ms",
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0#} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:#,0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s"),
    };

    /// <summary>"812 B", "14 KB", "5.3 MB".</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} KB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };

    /// <summary>"3 s ago".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now)
    {
        var seconds = Math.Max(0, (now - then).TotalSeconds);
        return seconds switch
        {
            < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s ago"),
            < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min ago"),
            < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0} h ago"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0} d ago"),
        };
    }

    /// <summary>Columns without lines, as lists of things look in a shell.</summary>
    public static Table Columns(params ReadOnlySpan<string> headers)
    {
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        }

        return table;
    }

    /// <summary>A row of plain text: no markup in it is read.</summary>
    public static void Row(this Table table, params ReadOnlySpan<string> cells)
    {
        var texts = new Text[cells.Length];
        for (var index = 0; index < cells.Length; index++)
        {
            texts[index] = new Text(cells[index]);
        }

        table.AddRow(texts);
    }
}
