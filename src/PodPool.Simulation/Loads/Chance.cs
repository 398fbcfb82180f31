namespace PodPool.Simulation;

/// <summary>
/// Random numbers from a seed, the same with every release of .NET, as those of <see cref="Random"/> need not be: xoshiro256** (Blackman and Vigna 2018),
/// seeded by splitmix64.
/// </summary>
public sealed class Chance
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private double _spare = double.NaN;

    public Chance(ulong seed)
    {
        _a = Split(ref seed);
        _b = Split(ref seed);
        _c = Split(ref seed);
        _d = Split(ref seed);
    }

    /// <summary>At least 0, less than 1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>At least 0, less than <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>With a mean of 1.</summary>
    public double Exponential() => -Math.Log(1 - Uniform());

    /// <summary>The standard normal distribution (Box and Muller 1958).</summary>
    public double Normal()
    {
        if (!double.IsNaN(_spare))
        {
            var spare = _spare;
            _spare = double.NaN;
            return spare;
        }

        var length = Math.Sqrt(2 * Exponential());
        var (sin, cos) = Math.SinCos(2 * Math.PI * Uniform());
        _spare = length * sin;
        return length * cos;
    }

    /// <summary>How many of independent events come where so many do on average.</summary>
    public int Poisson(double mean)
    {
        if (mean > 30)
        {
            return (int)Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * Normal()));
        }

        var (count, left) = (0, Math.Exp(-mean));
        for (var product = Uniform(); product > left; product *= Uniform())
        {
            count++;
        }

        return count;
    }

    private static ulong Split(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private ulong Next()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }
}
