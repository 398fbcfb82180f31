using System.Diagnostics;
using System.Diagnostics.Metrics;
using PodPool.Contracts;
using PodPool.Core;

namespace PodPool.Manager.Observability;

/// <summary>The manager's figures.</summary>
internal sealed class ManagerMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "PodPool.Manager";

    /// <summary>The name of the histogram of starts.</summary>
    public const string StartDuration = "podpool.manager.start.duration";

    /// <summary>Upper ends of buckets in seconds, from 1 ms up: a start is of that order.</summary>
    public static readonly IReadOnlyList<double> Boundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = Boundaries };

    private readonly Histogram<double> _starts;
    private readonly Histogram<double> _refills;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _misses;

    public ManagerMetrics(IMeterFactory factory, string name)
    {
        Meter = factory.Create(name);
        _starts = Meter.CreateHistogram(StartDuration, "s", "What a start took in the manager and the pod, by phase.", advice: Buckets);
        _refills = Meter.CreateHistogram("podpool.pool.refill.duration", "s", "From the order of a pod until it was warm.", advice: Buckets);
        _failures = Meter.CreateCounter<long>("podpool.specialization.failures", "{failure}", "Specializations that failed.");
        _misses = Meter.CreateCounter<long>("podpool.pool.misses", "{miss}", "Pods that were wanted and not warm.");
    }

    /// <summary>What all of it belongs to.</summary>
    public Meter Meter { get; }

    public void Specialized(FunctionSpec function, StartPhases phases, TimeSpan total)
    {
        if (!_starts.Enabled)
        {
            return;
        }

        var name = function.Name.ToString();
        Record(PhaseNames.Claim, phases.Claim);
        Record(PhaseNames.Transfer, phases.Transfer);
        Record(PhaseNames.Load, phases.Load);
        Record(PhaseNames.Start, phases.Start);
        Record(PhaseNames.Total, total);

        void Record(string phase, TimeSpan value) => _starts.Record(value.TotalSeconds, new TagList { { "function", name }, { "phase", phase } });
    }

    public void SpecializationFailed(FunctionSpec function, string reason)
        => _failures.Add(1, new TagList { { "function", function.Name.ToString() }, { "reason", reason } });

    public void Missed(string pool, int pods) => _misses.Add(pods, new TagList { { "pool", pool } });

    public void Refilled(string pool, TimeSpan took) => _refills.Record(took.TotalSeconds, new TagList { { "pool", pool } });

    public void Dispose() => Meter.Dispose();
}
