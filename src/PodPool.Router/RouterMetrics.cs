using System.Diagnostics;
using System.Diagnostics.Metrics;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using PodPool.Router.Routing;

namespace PodPool.Router;

/// <summary>What the router measures. A request that finds its instance at once costs nothing here: it is counted anyway (<see cref="LoadMeter"/>).</summary>
internal sealed class RouterMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "PodPool.Router";

    /// <summary>The one that has a series for every function, called or not.</summary>
    public const string RequestsName = "podpool.router.requests";

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _start;
    private readonly Histogram<double> _wait;
    private readonly UpDownCounter<long> _held;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _acquires;

    public RouterMetrics(IMeterFactory factory, string name = MeterName)
    {
        var meter = _meter = factory.Create(name);
        _start = meter.CreateHistogram(
            "podpool.start.duration", "s", "What a request that waited for a start took until its first byte, by phase.", advice: Buckets);
        _wait = meter.CreateHistogram("podpool.router.wait.duration", "s", "How long requests were held.", advice: Buckets);
        _held = meter.CreateUpDownCounter<long>("podpool.router.held", "{request}", "Requests held now.");
        _refused = meter.CreateCounter<long>("podpool.router.refused", "{request}", "Requests that got no answer from their function, by reason.");
        _retries = meter.CreateCounter<long>("podpool.router.retries", "{attempt}", "Attempts that were made again, by reason.");
        _acquires = meter.CreateCounter<long>("podpool.router.acquires", "{acquire}", "Answers to acquires, by reason; none: an instance.");
    }

    /// <summary>Shows how many requests each function was forwarded, whenever somebody looks.</summary>
    public void CountRequestsOf(RouteBook routes) => _meter.CreateObservableCounter(
        RequestsName,
        () => routes.All.Where(function => !function.IsRehearsal).Select(function => new Measurement<long>(function.Forwarded, new KeyValuePair<string, object?>("function", function.Tag))),
        "{request}",
        "Requests that were forwarded to an instance.");

    /// <summary>A request is held.</summary>
    public void Held(Function function) => _held.Add(1, new KeyValuePair<string, object?>("function", function.Tag));

    /// <summary>A request is held no more.</summary>
    public void Placed(Function function, TimeSpan waited, string outcome)
    {
        _held.Add(-1, new KeyValuePair<string, object?>("function", function.Tag));
        _wait.Record(waited.TotalSeconds, new("function", function.Tag), new("outcome", outcome));
    }

    /// <summary>A phase of a start, as a request that waited for it saw it.</summary>
    public void Started(Function function, string outcome, string phase, TimeSpan took)
    {
        if (_start.Enabled)
        {
            _start.Record(took.TotalSeconds, new TagList
            {
                { "pool", function.Routing.Pool }, { "function", function.Tag }, { "outcome", outcome }, { "phase", phase },
            });
        }
    }

    /// <summary>A request was refused, or its instance failed it.</summary>
    public void Refused(Function? function, Reason reason)
        => _refused.Add(1, new("function", function?.Tag ?? ""), new("reason", reason.WireName()));

    /// <summary>A request is tried at another instance.</summary>
    public void Retried(Function function, Reason reason) => _retries.Add(1, new("function", function.Tag), new("reason", reason.WireName()));

    /// <summary>An acquire was answered.</summary>
    public void Acquired(Function function, Reason? reason)
        => _acquires.Add(1, new("function", function.Tag), new("reason", reason?.WireName() ?? ""));
}
