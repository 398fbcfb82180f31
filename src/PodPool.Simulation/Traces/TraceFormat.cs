namespace PodPool.Simulation;

/// <summary>What kinds of traces can be read.</summary>
public static class TraceFormat
{
    public const string Azure2019 = "azure2019";
    public const string Azure2021 = "azure2021";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Azure2019, Azure2021];

    /// <summary>Which one a file is, by the columns that it has.</summary>
    /// <exception cref="TraceException">It cannot be read, or is none of them.</exception>
    public static string Of(string path)
    {
        using var table = CsvTable.Open(path);
        return table.Has("HashFunction") ? Azure2019
            : table.Has("end_timestamp") ? Azure2021
            : throw new TraceException(
                $"'{path}', line 1: its columns are of no trace that is known ({string.Join(", ", table.Header.Take(8))}): azure2019 has HashOwner, HashApp, HashFunction, Trigger, 1 … 1440; azure2021 has app, func, end_timestamp, duration");
    }

    /// <summary>The load that is in files of a format.</summary>
    /// <param name="format">One of <see cref="All"/>.</param>
    /// <param name="paths">One, or several days of azure2019.</param>
    /// <param name="duration">How long requests take, where the trace does not say.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <exception cref="TraceException">There are too many files.</exception>
    public static ILoadSource Open(string format, IReadOnlyList<string> paths, Spread duration, ulong seed)
    {
        if (format == Azure2019)
        {
            return new AzureMinutes(paths, duration, seed);
        }

        var path = paths.Count == 1 ? paths[0] : throw new TraceException($"there are {paths.Count} files, and a trace of {format} is one");
        return new AzureInvocations(path);
    }
}
