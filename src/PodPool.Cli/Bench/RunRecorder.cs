using PodPool.Contracts;

namespace PodPool.Cli.Bench;

/// <summary>One measured request.</summary>
/// <param name="Latency">From when it was (or should have been) sent until its last byte was read.</param>
/// <param name="Start">How it found its instance: a <see cref="StartOutcome"/>, or empty where nobody said.</param>
/// <param name="PhasesMs">Milliseconds by phase.</param>
/// <param name="Error">Why it counts as an error; null: it does not.</param>
internal sealed record Measurement(TimeSpan Latency, string Start, IReadOnlyDictionary<string, double> PhasesMs, string? Error = null);

/// <summary>Collects the measurements of one scenario in one mode. Safe from many threads.</summary>
internal sealed class RunRecorder(string scenario, string mode)
{
    private readonly Lock _lock = new();
    private readonly LatencyHistogram _latency = new();
    private readonly SortedDictionary<string, LatencyHistogram> _phases = new(PhaseOrder.Instance);
    private readonly SortedDictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];

    public string Scenario { get; } = scenario;

    public string Mode { get; } = mode;

    public void Add(Measurement measurement)
    {
        lock (_lock)
        {
            if (measurement.Error is { } error)
            {
                _errors.Add(error);
                return;
            }

            _latency.Record(measurement.Latency);
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
                [.. _errors.Distinct(StringComparer.Ordinal).Take(5)]);
        }
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
