using System.Globalization;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>Times, pairs of times and lists of numbers, as they are typed.</summary>
internal static class Quantities
{
    private const int MostSizes = 1000;

    /// <summary>Seconds, or a duration with its unit: <c>300</c>, <c>5m</c>, <c>250ms</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static TimeSpan Time(string text, string option) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= TimeSpan.FromDays(366).TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : DurationText.Parse(text, option);

    /// <summary>A median and a 99th percentile: <c>2s,6s</c>; one of them alone is both.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Spread Spread(string text, string option)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var times = parts.Select(part => Time(part, option)).ToList();
        return times switch
        {
            [var all] => new(all, all),
            [var median, var p99] when p99 >= median => new(median, p99),
            _ => throw new FormatException($"{option} is '{text}'; write the median and the 99th percentile, which is not less, like 2s,6s"),
        };
    }

    /// <summary><c>1..32</c>, <c>2,4,8</c>, or both.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static IReadOnlyList<int> Numbers(string text, string option, int least)
    {
        FormatException Wrong() => new(string.Create(CultureInfo.InvariantCulture, $"{option} is '{text}'; write numbers of {least} and more, like 1..32 or 2,4,8, {MostSizes} at most"));
        int Number(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= 1_000_000 ? number : throw Wrong();
        SortedSet<int> numbers = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split("..");
            var (from, to) = ends.Length switch
            {
                1 => (Number(part), Number(part)),
                2 => (Number(ends[0]), Number(ends[1])),
                _ => throw Wrong(),
            };
            if (to < from || to - from >= MostSizes)
            {
                throw Wrong();
            }

            numbers.UnionWith(Enumerable.Range(from, to - from + 1));
        }

        return numbers.Count <= MostSizes ? [.. numbers] : throw Wrong();
    }
}
