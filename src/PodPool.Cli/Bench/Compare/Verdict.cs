using System.Text.Json.Serialization;

namespace PodPool.Cli.Bench.Compare;

/// <summary>How something is after, beside how it was before. Scripts rely on the names.</summary>
[JsonConverter(typeof(VerdictNames))]
internal enum Verdict
{
    /// <summary>Slower by more than the least that counts, and not by chance.</summary>
    Worse,

    /// <summary>Faster by as much, and not by chance.</summary>
    Better,

    /// <summary>If there is a difference, it is less than what counts.</summary>
    Same,

    /// <summary>It may be worse, better or the same: there is too little to tell.</summary>
    Unclear,

    /// <summary>There are no samples to judge by.</summary>
    Unknown,
}

/// <summary>How verdicts are reached.</summary>
/// <param name="MinEffect">The least difference that counts, as a fraction: what is significant need not matter.</param>
/// <param name="Alpha">How likely a whole comparison may find a difference where none is.</param>
internal sealed record VerdictRules(double MinEffect, double Alpha)
{
    /// <summary>Judges a percentile by the interval of its ratio, and by whether ranks agree.</summary>
    /// <param name="ratio">After / before.</param>
    /// <param name="interval">Where the ratio lies.</param>
    /// <param name="ranksDiffer">Whether the two are of different distributions.</param>
    public Verdict Judge(double ratio, (double Low, double High) interval, bool ranksDiffer)
    {
        if (interval.Low > 1 && ratio >= 1 + MinEffect && ranksDiffer)
        {
            return Verdict.Worse;
        }

        if (interval.High < 1 && ratio <= 1 / (1 + MinEffect) && ranksDiffer)
        {
            return Verdict.Better;
        }

        return interval.Low >= 1 / (1 + MinEffect) && interval.High <= 1 + MinEffect ? Verdict.Same : Verdict.Unclear;
    }

    /// <summary>
    /// Which of several differences are not by chance, so that all verdicts together err no more often than <see cref="Alpha"/>. Holm, A simple sequentially
    /// rejective multiple test procedure, Scand. J. Stat. 6 (1979).
    /// </summary>
    public IReadOnlyList<bool> Significant(IReadOnlyList<double> pValues)
    {
        var significant = new bool[pValues.Count];
        var left = pValues.Count;
        foreach (var index in Enumerable.Range(0, pValues.Count).OrderBy(index => pValues[index]))
        {
            if (pValues[index] > Alpha / left--)
            {
                break;
            }

            significant[index] = true;
        }

        return significant;
    }
}

/// <summary>Verdicts as lower-case words.</summary>
internal sealed class VerdictNames() : JsonStringEnumConverter<Verdict>(System.Text.Json.JsonNamingPolicy.CamelCase);
