using System.Globalization;
using nietras.SeparatedValues;

namespace PodPool.Simulation;

/// <summary>A CSV file with a header, row by row. What is wrong with it is said with the file and the line.</summary>
internal sealed class CsvTable : IDisposable
{
    private const int Shown = 12;

    private readonly string _path;
    private readonly TraceText _text;
    private readonly SepReader _rows;

    private CsvTable(string path, TraceText text, SepReader rows) => (_path, _text, _rows) = (path, text, rows);

    public double Progress => _text.Progress;

    /// <summary>Of the row that was read last; the header is line 1.</summary>
    public int Line => _rows.Current.LineNumberFrom;

    public int Columns => _rows.Current.ColCount;

    public IReadOnlyList<string> Header => _rows.Header.ColNames;

    /// <exception cref="TraceException">It cannot be read, or has no header.</exception>
    public static CsvTable Open(string path)
    {
        var text = TraceText.Open(path);
        try
        {
            var rows = Sep.Reader(options => options with { DisableColCountCheck = true, Unescape = true }).From(text.Reader);
            return rows.HasHeader && rows.Header.ColNames.Count > 0 ? new(path, text, rows) : throw new TraceException($"'{path}' has no header");
        }
        catch (Exception exception) when (exception is InvalidDataException or ArgumentException or NotSupportedException or IOException)
        {
            text.Dispose();
            throw new TraceException($"'{path}' is no CSV with a header: {exception.Message}", exception);
        }
    }

    public bool Next(Repairs repairs)
    {
        try
        {
            while (_rows.MoveNext())
            {
                if (Columns > 1 || Text(0).Length > 0)
                {
                    return true;
                }

                repairs.Add("empty lines, left out", Line);
            }

            return false;
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException or IOException)
        {
            throw new TraceException($"'{_path}' cannot be read beyond line {Line}: {exception.Message}", exception);
        }
    }

    public bool Has(string column) => _rows.Header.TryIndexOf(column, out _);

    /// <summary>Where a column is.</summary>
    /// <exception cref="TraceException">There is none of that name.</exception>
    public int Column(string name)
    {
        if (_rows.Header.TryIndexOf(name, out var index))
        {
            return index;
        }

        var has = string.Join(", ", Header.Take(Shown)) + (Header.Count > Shown ? $", … ({Header.Count} in all)" : "");
        var hint = has.Contains('\0') ? "; it seems to be UTF-16 without a byte order mark, which must be converted" : "";
        throw new TraceException($"'{_path}', line 1: there is no column '{name}'; there are: {has.Replace("\0", "", StringComparison.Ordinal)}{hint}");
    }

    /// <exception cref="TraceException">The row is too short.</exception>
    public ReadOnlySpan<char> Text(int column) => column < Columns
        ? _rows.Current[column].Span
        : throw Bad($"there are {Columns} columns, and '{Header[column]}' would be the {column + 1}th");

    /// <exception cref="TraceException">It is no number.</exception>
    public double Number(int column)
    {
        var text = Text(column);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Bad($"'{Header[column]}' is '{text}', which is no number");
    }

    public TraceException Bad(string reason) => new($"'{_path}', line {Line}: {reason}");

    public void Dispose()
    {
        _rows.Dispose();
        _text.Dispose();
    }
}
