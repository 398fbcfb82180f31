using System.Diagnostics.Metrics;
using PodPool.Manager.Observability;

namespace PodPool.Manager.WebConsole.History;

/// <summary>The starts of this manager since it began, from the very figures that its metrics are made of.</summary>
internal sealed class StartFigures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly StartHistogram _histogram = new(ManagerMetrics.Boundaries);

    public StartFigures(ManagerMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another manager of this process has figures of its own.
            if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name == ManagerMetrics.StartDuration)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "phase")
                {
                    _histogram.Record(tag.Value as string, seconds);
                    return;
                }
            }
        });
        _listener.Start();
    }

    /// <summary>The counts now: a row for each of <see cref="StartHistogram.Phases"/>, a column for each bucket of <see cref="ManagerMetrics.Boundaries"/>, and one for what is above.</summary>
    public long[][] Read() => _histogram.Read();

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
