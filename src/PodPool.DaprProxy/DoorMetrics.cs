using System.Diagnostics.Metrics;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Inbound;

namespace PodPool.DaprProxy;

/// <summary>What the door measures.</summary>
internal sealed class DoorMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "PodPool.DaprProxy";

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _underWay;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _delivered;
    private volatile bool _isRehearsing;

    public DoorMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _duration = _meter.CreateHistogram("podpool.dapr.call.duration", "s", "How long calls of Dapr took, daprd's own time included, by building block.", advice: Buckets);
        _underWay = _meter.CreateUpDownCounter<long>("podpool.dapr.calls", "{call}", "Calls of Dapr under way now.");
        _refused = _meter.CreateCounter<long>("podpool.dapr.refused", "{call}", "Calls that did not pass, by Dapr's error code.");
        _delivered = _meter.CreateCounter<long>("podpool.dapr.events", "{event}", "Events that were brought to functions, by what became of them.");
    }

    /// <summary>Whether what nobody may is not counted now: it is the door's own.</summary>
    public bool IsRehearsing
    {
        get => _isRehearsing;
        set => _isRehearsing = value;
    }

    /// <summary>Tells from now on whether the door is of use.</summary>
    public void TellWhether(Func<bool> isOfUse)
        => _meter.CreateObservableGauge("podpool.dapr.ready", () => isOfUse() ? 1 : 0, "{door}", "1: functions get through to daprd.");

    public void Entered(Caller caller) => _underWay.Add(1, new KeyValuePair<string, object?>("function", caller.Name));

    public void Left(Caller caller, DaprCall call, TimeSpan took)
    {
        _underWay.Add(-1, new KeyValuePair<string, object?>("function", caller.Name));
        _duration.Record(took.TotalSeconds, new("function", caller.Name), new("block", BlockOf(call)));
    }

    /// <param name="function">Who it was brought to.</param>
    /// <param name="topic">Where it was published.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="isBuried">It went to the dead letters.</param>
    public void Delivered(string function, Topic topic, EventOutcome outcome, bool isBuried)
        => _delivered.Add(1, new("function", function), new("topic", topic.ToString()), new("outcome", isBuried ? "dead_letter" : outcome.ToString().ToLowerInvariant()));

    /// <param name="caller">Null: nobody knows who called.</param>
    /// <param name="call">What it asked for.</param>
    /// <param name="refusal">Why it did not pass.</param>
    public void Refused(Caller? caller, DaprCall call, DaprRefusal refusal)
    {
        if (!_isRehearsing)
        {
            _refused.Add(1, new("function", caller?.Name ?? ""), new("block", BlockOf(call)), new("error", refusal.ErrorCode));
        }
    }

    private static string BlockOf(DaprCall call) => call.GetType().Name.ToLowerInvariant();
}
