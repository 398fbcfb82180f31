namespace PodPool.Simulation;

/// <summary>A made-up load. The same specification is the same load to the last tick.</summary>
public sealed class SyntheticLoad(SyntheticSpec spec) : ILoadSource
{
    public string Description => spec.ToString();

    public ILoad Open() => new Stream(spec);

    private sealed class Stream : ILoad
    {
        private const double Day = 86_400;

        /// <summary>No batch is larger: a rush of more is not a load to size a pool for.</summary>
        private const int LargestBatch = 1000;

        private readonly SyntheticSpec _spec;
        private readonly Chance _times;
        private readonly Chance _what;
        private readonly Popularity _popularity;
        private readonly double _end;
        private readonly double _batchMean;
        private double _at;
        private int _left;
        private int _function;

        public Stream(SyntheticSpec spec)
        {
            _spec = spec;
            (_times, _what) = (new Chance(spec.Seed), new Chance(~spec.Seed));
            _popularity = new Popularity(spec.Functions, spec.Zipf);
            _end = spec.Hours * 3600;
            Functions = [.. Enumerable.Range(0, spec.Functions).Select(i => FormattableString.Invariant($"f{i}"))];
            _batchMean = spec.Kind switch
            {
                SyntheticKind.Bursts => spec.Burst,
                SyntheticKind.HeavyTailed => MeanOfPareto(spec.Shape),
                _ => 1,
            };
        }

        public DateTimeOffset Begin => RowLoad.NoDate;

        public IReadOnlyList<string> Functions { get; }

        public long End => (long)(_end * TimeSpan.TicksPerSecond);

        public double Progress => Math.Min(1, _at / _end);

        public Repairs Repairs { get; } = new();

        public int Read(Span<Arrival> arrivals)
        {
            var count = 0;
            while (count < arrivals.Length && MoveNext())
            {
                arrivals[count++] = new Arrival((long)(_at * TimeSpan.TicksPerSecond), _function, _spec.Duration.Draw(_what));
            }

            return count;
        }

        public void Dispose()
        {
        }

        private bool MoveNext()
        {
            if (_left-- > 0)
            {
                return true;
            }

            do
            {
                _at += _times.Exponential() * _batchMean / _spec.Rate;
                if (_at >= _end)
                {
                    _left = 0;
                    return false;
                }
            }
            while (_spec.Kind == SyntheticKind.Diurnal && _times.Uniform() > Diurnal(_at));

            _function = _popularity.Draw(_what);
            _left = Batch() - 1;
            return true;
        }

        /// <summary>The share of the highest rate at a time; what is more is left out (Lewis and Shedler 1979).</summary>
        private double Diurnal(double at) => Math.Pow(_spec.Ratio, (Math.Sin(2 * Math.PI * (at / Day - 0.25)) - 1) / 2);

        private int Batch()
        {
            switch (_spec.Kind)
            {
                case SyntheticKind.Bursts when _spec.Burst > 1:
                    return 1 + (int)(Math.Log(1 - _times.Uniform()) / Math.Log(1 - 1 / _spec.Burst));
                case SyntheticKind.HeavyTailed:
                    return (int)Math.Min(LargestBatch, Math.Pow(1 - _times.Uniform(), -1 / _spec.Shape));
                default:
                    return 1;
            }
        }

        /// <summary>P(size ≥ n) is n to the power of minus the shape, up to the largest; their sum is the mean.</summary>
        private static double MeanOfPareto(double shape) => Enumerable.Range(1, LargestBatch).Sum(n => Math.Pow(n, -shape));
    }
}
