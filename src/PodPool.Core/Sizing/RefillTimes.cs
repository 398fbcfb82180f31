namespace PodPool.Core;

/// <summary>
/// How long refills take: their whole distribution, in buckets whose bounds grow by a fifth, from 10 ms to 45 min; the last 500 or so count. Before any was
/// measured: 2 s at the median and 8 s at p99, with the weight of four, which is slow for a process and quick for a pod whose image must be pulled.
/// </summary>
internal sealed class RefillTimes
{
    public const int Buckets = 18 * PerDoubling;

    /// <summary>Refills after which one has lost all but 1/e of its weight.</summary>
    public const double Memory = 500;

    private const double Shortest = 0.01;
    private const int PerDoubling = 4;
    private const double Forgotten = 1e-50;
    private const double PriorMedian = 2;
    private const double PriorP99 = 8;
    private const double PriorWeight = 4;

    private readonly double[] _weights;
    private readonly double[] _seconds;
    private bool _stale = true;
    private double _mean;
    private double _overlap;
    private double _variation;

    /// <summary>Begins with what is assumed.</summary>
    public RefillTimes()
    {
        _weights = Prior();
        _seconds = [.. _weights.Select((weight, i) => weight * Middle(i))];
    }

    /// <summary>Goes on from what was measured before, however long ago.</summary>
    public RefillTimes(RefillTimesMemory memory) => (_weights, _seconds, Measured) = ([.. memory.Weights], [.. memory.Seconds], memory.Measured);

    /// <summary>How many were measured.</summary>
    public long Measured { get; private set; }

    /// <summary>Seconds.</summary>
    public double Mean => Fresh()._mean;

    /// <summary>
    /// The mean time that two that began together are both under way, over the mean time of one: 1 if all take the same time, ½ if they are exponential. So
    /// much of the burstiness of claims is left in the number of refills under way.
    /// </summary>
    public double Overlap => Fresh()._overlap;

    /// <summary>The squared coefficient of variation.</summary>
    public double Variation => Fresh()._variation;

    /// <summary>Seconds within which that share of them ends.</summary>
    public double Quantile(double share)
    {
        var left = share * _weights.Sum();
        for (var i = 0; i < Buckets; i++)
        {
            if (left <= _weights[i] && _weights[i] > 0)
            {
                return Shortest * Math.Pow(2, (i + left / _weights[i]) / PerDoubling);
            }

            left -= _weights[i];
        }

        return Middle(Buckets - 1);
    }

    public void Add(TimeSpan took)
    {
        for (var i = 0; i < Buckets; i++)
        {
            // What is nearly forgotten is forgotten, before it is too small to be reckoned with.
            var keep = _weights[i] < Forgotten ? 0 : 1 - 1 / Memory;
            _weights[i] *= keep;
            _seconds[i] *= keep;
        }

        var bucket = (int)Math.Clamp(Math.Log2(Math.Max(took.TotalSeconds, Shortest) / Shortest) * PerDoubling, 0, Buckets - 1);
        _weights[bucket]++;
        _seconds[bucket] += took.TotalSeconds;
        Measured++;
        _stale = true;
    }

    /// <summary>What was measured until now.</summary>
    public RefillTimesMemory Learnt => new([.. _weights], [.. _seconds], Measured);

    /// <summary>Between how many seconds the mean of a bucket lies; what is shorter than all buckets is in the first, what is longer in the last.</summary>
    public static (double Least, double Most) BoundsOf(int bucket) => (
        bucket == 0 ? 0 : Shortest * Math.Pow(2, (double)bucket / PerDoubling),
        bucket == Buckets - 1 ? TimeSpan.FromDays(1).TotalSeconds : Shortest * Math.Pow(2, (bucket + 1.0) / PerDoubling));

    private RefillTimes Fresh()
    {
        if (!_stale)
        {
            return this;
        }

        _stale = false;
        var total = _weights.Sum();
        var (sum, squares, together, longer) = (0.0, 0.0, 0.0, total);
        for (var i = 0; i < Buckets; i++)
        {
            if (_weights[i] <= 0)
            {
                continue;
            }

            var seconds = _seconds[i] / _weights[i];
            sum += _seconds[i];
            squares += _seconds[i] * seconds;

            // The shorter of two is in this bucket, if both are in it or a longer one, and not both in a longer one.
            var after = Math.Max(0, longer - _weights[i]);
            together += (longer * longer - after * after) * seconds;
            longer = after;
        }

        _mean = sum / total;
        _overlap = together / total / sum;
        _variation = squares / total / (_mean * _mean) - 1;
        return this;
    }

    /// <summary>A lognormal one.</summary>
    private static double[] Prior()
    {
        const double QuantileOfNormal99 = 2.326;
        var spread = Math.Log(PriorP99 / PriorMedian) / QuantileOfNormal99;
        var weights = new double[Buckets];
        for (var i = 0; i < Buckets; i++)
        {
            weights[i] = Math.Exp(-Math.Pow(Math.Log(Middle(i) / PriorMedian) / spread, 2) / 2);
        }

        var total = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / total * PriorWeight);
    }

    /// <summary>The middle of a bucket, in seconds.</summary>
    private static double Middle(int bucket) => Shortest * Math.Pow(2, (bucket + 0.5) / PerDoubling);
}
