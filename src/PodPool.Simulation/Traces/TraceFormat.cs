namespace PodPool.Simulation;

/// <summary>What kinds of traces can be read.</summary>
public static class TraceFormat
{
    public const string Azure2019 = "azure2019";
    public const string Azure2021 = "azure2021";
    public const string Huawei2025 = "huawei2025";
    public const string AccessLogs = "jsonl";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Azure2019, Azure2021, Huawei2025, AccessLogs];

    /// <summary>Which one a file is, by the columns that it has.</summary>
    /// <exception cref="TraceException">It cannot be read, or is none of them.</exception>
    public static string Of(string path)
    {
        using (var text = TraceText.Open(path))
        {
            if (text.First() == '{')
            {
                return AccessLogs;
            }
        }

        using var table = CsvTable.Open(path);
        return table.Has("HashFunction") ? Azure2019
            : table.Has("end_timestamp") ? Azure2021
            : table.Has("funcName") && table.Has("podID") ? Huawei2025
            : throw new TraceException(
                $"'{path}', line 1: its columns are of no trace that is known ({string.Join(", ", table.Header.Take(8))}): azure2019 has HashOwner, HashApp, HashFunction, Trigger, 1 … 1440; azure2021 has app, func, end_timestamp, duration; huawei2025 has time, funcName, userID, podID, totalCost_cold_start, or time_frontend and totalCost_frontend; an access log's lines begin with '{{'");
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
        return format switch
        {
            Azure2021 => new AzureInvocations(path),
            Huawei2025 => new Huawei(path, duration, seed),
            AccessLogs => new AccessLog(path, duration, seed),
            _ => throw new TraceException($"there is no format '{format}'; there are {string.Join(", ", All)}"),
        };
    }
}
