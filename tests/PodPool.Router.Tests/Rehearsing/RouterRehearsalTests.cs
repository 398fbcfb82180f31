using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using PodPool.Router.Rehearsing;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.Rehearsing;

public sealed class RouterRehearsalTests
{
    [Fact]
    public async Task It_goes_the_whole_way_of_first_requests_and_counts_none_of_them()
    {
        var counted = new Events<(string Meter, string Name, string? Phase)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == RouterMetrics.MeterName + ".Rehearsal")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => counted.Add((
            instrument.Meter.Name, instrument.Name, (string?)tags.ToArray().FirstOrDefault(tag => tag.Key == "phase").Value)));
        listener.Start();

        await RouterRehearsal.RunAsync(TimeProvider.System, TestContext.Current.CancellationToken);

        // Held, acquired, forwarded and told apart by phase: three times, as three functions had no instance.
        Assert.Equal(3, counted.All.Count(one => one is (_, "podpool.start.duration", "claim")));
        Assert.Equal(3, counted.All.Count(one => one.Name == "podpool.router.wait.duration"));
    }

    [Fact]
    public async Task Whoever_ends_the_router_ends_it()
    {
        using var ended = new CancellationTokenSource();
        using var loggers = LoggerFactory.Create(_ => { });
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RouterRehearsal.TryAsync(loggers, TimeProvider.System, ended.Token));
    }
}
