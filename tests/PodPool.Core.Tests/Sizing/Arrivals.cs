namespace PodPool.Core.Tests.Sizing;

/// <summary>Loads: the times at which claims come, in seconds, without end. Several at one time come at once.</summary>
internal static class Arrivals
{
    private const double Hour = 3600;
    private const double Day = 24 * Hour;

    /// <summary>Independent of each other.</summary>
    public static IEnumerable<double> Poisson(double perSecond, int seed) => Poisson(_ => perSecond, perSecond, seed);

    /// <summary>Independent, at a rate that changes: a Poisson process of the highest rate, thinned (Lewis and Shedler 1979).</summary>
    public static IEnumerable<double> Poisson(Func<double, double> perSecond, double most, int seed)
    {
        var random = new Random(seed);
        for (var at = 0.0; ; )
        {
            at += Exponential(random) / most;
            if (random.NextDouble() * most < perSecond(at))
            {
                yield return at;
            }
        }
    }

    /// <summary>A day like another: its busiest minute has so many times the claims of its quietest, and its logarithm is a sine.</summary>
    public static Func<double, double> Diurnal(double most, double ratio) => at => most * Math.Pow(ratio, (Math.Sin(2 * Math.PI * (at / Day - 0.25)) - 1) / 2);

    /// <summary>So few for hours, so many for hours, from one second to the next.</summary>
    public static Func<double, double> Step(double few, double many, double hours) => at => (long)(at / (hours * Hour)) % 2 == 0 ? few : many;

    /// <summary>Batches at independent times, of a size that <paramref name="size"/> draws.</summary>
    public static IEnumerable<double> Batches(double perSecond, Func<Random, int> size, int seed)
    {
        var random = new Random(seed);
        for (var at = 0.0; ; )
        {
            at += Exponential(random) / perSecond;
            for (var left = size(random); left > 0; left--)
            {
                yield return at;
            }
        }
    }

    /// <summary>
    /// Times between two claims that have a Pareto distribution of tail <paramref name="shape"/>: below 2 their variance is infinite, and so there are trains
    /// of claims and gaps of all lengths.
    /// </summary>
    public static IEnumerable<double> Pareto(double perSecond, double shape, int seed)
    {
        var random = new Random(seed);
        for (var at = 0.0; ; )
        {
            at += (shape - 1) / shape / perSecond * Math.Pow(1 - random.NextDouble(), -1 / shape);
            yield return at;
        }
    }

    /// <summary>Quiet and bursts in turn, each of exponential length: a Poisson process modulated by a Markov chain of two states.</summary>
    public static IEnumerable<double> Modulated(double quiet, double quietSeconds, double burst, double burstSeconds, int seed)
    {
        var random = new Random(seed);
        var (at, until, bursts) = (0.0, 0.0, true);
        while (true)
        {
            if (at >= until)
            {
                (at, bursts) = (until, !bursts);
                until += Exponential(random) * (bursts ? burstSeconds : quietSeconds);
            }

            at += Exponential(random) / (bursts ? burst : quiet);
            if (at < until)
            {
                yield return at;
            }
        }
    }

    /// <summary>1, 2, 3 …, each so many times as likely as the one before; the index of dispersion of such batches is (1 + again) ÷ (1 − again).</summary>
    public static Func<Random, int> Geometric(double again) => random =>
    {
        var size = 1;
        while (random.NextDouble() < again)
        {
            size++;
        }

        return size;
    };

    /// <summary>Batches with a Pareto tail, cut off.</summary>
    public static Func<Random, int> ParetoSize(double shape, int most) => random => (int)Math.Min(most, Math.Pow(1 - random.NextDouble(), -1 / shape));

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());
}
