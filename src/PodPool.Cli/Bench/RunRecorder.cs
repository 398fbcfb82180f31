using PodPool.Cli.Bench.Statistics;
using PodPool.Contracts;

namespace PodPool.Cli.Bench;

/// <summary>One measured request.</summary>
/// <param name="Latency">From when it was (or should have been) sent until its last byte was read.</param>
/// <param name="Start">How it found its instance: a <see cref="StartOutcome"/>, or empty where nobody said.</param>
/// <param name="PhasesMs">Milliseconds by phase.</param>
/// <param name="Error">Why it counts as an error; null: it does not.</param>
/// <param name="Unsent">The part of the latency in which it was due and not sent yet.</param>
internal sealed record Measurement(TimeSpan Latency, string Start, IReadOnlyDictionary<string, double> PhasesMs, string? Error = null, TimeSpan Unsent = default);

/// <summary>Parts of a latency that only the client knows.</summary>
internal static class ClientPhases
{
    /// <summary>Due, but not sent: an open loop does not forgive a client that is late, or a function that is not cold yet.</summary>
    public const string Unsent = "unsent";

    /// <summary>What no phase accounts for: the way to the router and back, and all of a request that tells no phases.</summary>
    public const string Rest = "rest";
}

/// <summary>Collects the measurements of one scenario in one mode. Safe from many threads.</summary>
/// <param name="scenario">Which.</param>
/// <param name="mode">In which mode.</param>
/// <param name="warmup">Requests before, that are told to nobody.</param>
internal sealed class RunRecorder(string scenario, string mode, int warmup = 0)
{
    private static readonly double[] Percentiles = [50, 90, 95, 99, 99.9];

    private readonly Lock _lock = new();
    private readonly LatencyHistogram _latency = new();
    private readonly SortedDictionary<string, LatencyHistogram> _phases = new(PhaseOrder.Instance);
    private readonly SortedDictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];
    private readonly Samples _samples = new();
    private readonly Dictionary<string, double> _phaseSums = new(StringComparer.Ordinal);
    private double _latencySum;
    private double _unsentSum;

    public string Scenario { get; } = scenario;

    public string Mode { get; } = mode;

    public void Add(Measurement measurement) => Add(measurement, TimeSpan.Zero);

    /// <param name="measurement">What was measured.</param>
    /// <param name="at">When it was due, after the begin.</param>
    public void Add(Measurement measurement, TimeSpan at)
    {
        lock (_lock)
        {
            if (measurement.Error is { } error)
            {
                _errors.Add(error);
                return;
            }

            _latency.Record(measurement.Latency);
            _latencySum += measurement.Latency.TotalMilliseconds;
            _unsentSum += measurement.Unsent.TotalMilliseconds;
            _samples.Add(at, Math.Round(measurement.Latency.TotalMilliseconds, 3), measurement.Start);
            if (measurement.Start.Length > 0)
            {
                _starts[measurement.Start] = _starts.GetValueOrDefault(measurement.Start) + 1;
            }

            foreach (var (phase, milliseconds) in measurement.PhasesMs)
            {
                if (!_phases.TryGetValue(phase, out var histogram))
                {
                    _phases[phase] = histogram = new();
                }

                histogram.RecordMilliseconds(milliseconds);
                _phaseSums[phase] = _phaseSums.GetValueOrDefault(phase) + milliseconds;
            }
        }
    }

    public BenchRun Result()
    {
        lock (_lock)
        {
            var n = (int)_latency.Count;
            double? warm = _starts.Count == 0 ? null : _starts.GetValueOrDefault(StartOutcome.Warm) / (double)_starts.Values.Sum();
            return new(
                Scenario,
                Mode,
                n,
                _errors.Count,
                warm,
                new Dictionary<string, int>(_starts),
                _latency.Percentiles(),
                _phases.ToDictionary(phase => phase.Key, phase => phase.Value.Percentiles()!),
                [.. _errors.Distinct(StringComparer.Ordinal).Take(5)])
            {
                Warmup = warmup,
                MeanMs = n == 0 ? null : Math.Round(_latencySum / n, 3),
                PhaseMeansMs = n == 0 ? new Dictionary<string, double>() : PhaseMeans(n),
                Intervals = Intervals(),
                Samples = [.. _samples.InOrder().Select(sample => sample.Ms)],
            };
        }
    }

    /// <summary>The requests in the order in which they were due.</summary>
    public IReadOnlyList<(TimeSpan At, double Ms, string Start)> InOrder()
    {
        lock (_lock)
        {
            return _samples.InOrder();
        }
    }

    /// <summary>Percentiles of parts do not add up to the whole's; means do. What no phase accounts for is a part of its own.</summary>
    private Dictionary<string, double> PhaseMeans(int n)
    {
        Dictionary<string, double> means = new(StringComparer.Ordinal);
        if (_phaseSums.Count == 0 && _unsentSum == 0)
        {
            return means;
        }

        var parts = _phases.Keys.Select(phase => (phase, _phaseSums[phase]))
            .Prepend((ClientPhases.Unsent, _unsentSum))
            .Append((ClientPhases.Rest, _latencySum - _unsentSum - _phaseSums.Values.Sum()));
        foreach (var (phase, sum) in parts)
        {
            means.Add(phase, Math.Round(sum / n, 3));
        }

        return means;
    }

    private IReadOnlyList<QuantileInterval> Intervals()
    {
        double[] sorted = [.. _samples.InOrder().Select(sample => sample.Ms).Order()];
        return [.. Percentiles.Select(percentile => QuantileInterval.Of(sorted, percentile)).OfType<QuantileInterval>()];
    }

    /// <summary>As they happen; what is not in the one list of phases comes first: it is before them all (starting a process).</summary>
    private sealed class PhaseOrder : IComparer<string>
    {
        public static readonly PhaseOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var order = Rank(x).CompareTo(Rank(y));
            return order != 0 ? order : string.CompareOrdinal(x, y);
        }

        private static int Rank(string? phase)
        {
            for (var index = 0; index < PhaseNames.All.Count; index++)
            {
                if (PhaseNames.All[index] == phase)
                {
                    return index;
                }
            }

            return -1;
        }
    }
}
