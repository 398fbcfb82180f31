using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Figures of what is asked of the API server.</summary>
internal sealed class ApiMetrics : IDisposable
{
    /// <summary>From 1 ms up: a label patch takes 5 ms.</summary>
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _requests;

    public ApiMetrics(IMeterFactory factory, string name)
    {
        _meter = factory.Create(name);
        _requests = _meter.CreateHistogram(
            "podpool.kubernetes.request.duration", "s", "Until the API server's answer began, by verb, resource and status; each attempt by itself.", advice: Buckets);
    }

    public void Requested(ApiCall call, string outcome, TimeSpan took)
        => _requests.Record(took.TotalSeconds, new TagList { { "verb", call.Verb }, { "resource", call.Resource }, { "code", outcome } });

    public void Dispose() => _meter.Dispose();
}
