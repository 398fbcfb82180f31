using System.Diagnostics;
using System.Globalization;

namespace PodPool.Benchmarks;

/// <summary>Processor time of this process and of a browser that it started.</summary>
/// <param name="Own">This process.</param>
/// <param name="Browser">All processes of the browser.</param>
internal readonly record struct ProcessorTime(TimeSpan Own, TimeSpan Browser)
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const int TicksPerSecond = 100;

    /// <summary>What was used over a time, in percent of one processor.</summary>
    public static async Task<(double Own, double Browser)> MeasureAsync(TimeSpan during)
    {
        var (before, began) = (Read(), Stopwatch.GetTimestamp());
        await Task.Delay(during, TimeProvider.System);
        var (now, took) = (Read(), Stopwatch.GetElapsedTime(began));
        return ((now.Own - before.Own) / took * 100, (now.Browser - before.Browser) / took * 100);
    }

    private static ProcessorTime Read()
    {
        using var own = Process.GetCurrentProcess();
        var stats = Directory.EnumerateDirectories("/proc").Select(Stat).OfType<(int Id, int Parent, string Name, long Ticks)>().ToDictionary(stat => stat.Id);
        var browser = stats.Values.Where(stat => stat.Name.StartsWith("chrom", StringComparison.Ordinal) && IsOurs(stat.Id));
        return new(own.TotalProcessorTime, TimeSpan.FromSeconds(browser.Sum(stat => stat.Ticks) / (double)TicksPerSecond));

        bool IsOurs(int id)
        {
            while (stats.TryGetValue(id, out var stat))
            {
                if (stat.Parent == Environment.ProcessId)
                {
                    return true;
                }

                id = stat.Parent;
            }

            return false;
        }
    }

    /// <summary>proc(5): the name is in brackets and may hold anything; after it the state, the parent, and in places 14 and 15 the ticks.</summary>
    private static (int Id, int Parent, string Name, long Ticks)? Stat(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var (open, close) = (text.IndexOf('('), text.LastIndexOf(')'));
            var rest = text[(close + 2)..].Split(' ');
            return (id, Number(rest[1]), text[(open + 1)..close], Number(rest[11]) + Number(rest[12]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return null;
        }

        static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);
    }
}
