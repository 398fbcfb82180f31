using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Router.Routing;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests;

public sealed class RouterMetricsTests
{
    [Fact]
    public async Task A_start_is_measured_by_phase_a_wait_by_outcome_and_a_refusal_by_reason()
    {
        await using var platform = await Platform.StartAsync();
        var measured = new Events<(string Name, double Value, Dictionary<string, object?> Tags)>();
        using var listener = new MeterListener();
        var factory = platform.App.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            // Other tests' routers measure in this process too.
            if (instrument.Meter.Name == RouterMetrics.MeterName && instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add((instrument.Name, value, new(tags.ToArray()))));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Add((instrument.Name, value, new(tags.ToArray()))));
        listener.Start();
        var route = await platform.DeployAsync("hello");
        platform.StartOnAcquire(route, context => context.Response.WriteAsync("hello"));

        using var first = await platform.GetAsync("/default/hello/");
        using var missing = await platform.GetAsync("/default/missing/");

        foreach (var (phase, seconds) in new[] { ("claim", 0.000001), ("transfer", 0.000002), ("load", 0.000003), ("start", 0.000004) })
        {
            var start = await measured.WaitForAsync(one => one.Name == "podpool.start.duration" && (string?)one.Tags["phase"] == phase);
            Assert.Equal(seconds, start.Value, 9);
            Assert.Equal(("default", "default/hello", "pooled"), (start.Tags["pool"], start.Tags["function"], start.Tags["outcome"]));
        }

        var starts = measured.All.Where(one => one.Name == "podpool.start.duration").ToLookup(one => (string?)one.Tags["phase"] == "total", one => one.Value);
        Assert.Equal(6, starts[false].Count());
        Assert.Equal(starts[false].Sum(), Assert.Single(starts[true]), 9);
        Assert.Equal("pooled", (await measured.WaitForAsync(one => one.Name == "podpool.router.wait.duration")).Tags["outcome"]);
        Assert.Equal(0, measured.All.Where(one => one.Name == "podpool.router.held").Sum(one => one.Value));
        Assert.Equal("FUNCTION_NOT_FOUND", (await measured.WaitForAsync(one => one.Name == "podpool.router.refused")).Tags["reason"]);
    }

    [Fact]
    public async Task Requests_are_counted_by_function_whether_they_were_held_or_not()
    {
        await using var platform = await Platform.StartAsync();
        var requests = new Dictionary<string, long>();
        using var listener = new MeterListener();
        var factory = platform.App.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == RouterMetrics.RequestsName && instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => requests[(string)new Dictionary<string, object?>(tags.ToArray())["function"]!] = value);
        listener.Start();
        var route = await platform.DeployAsync("hello");
        await platform.DeployAsync("quiet");
        await platform.TellAsync(new() { Function = FunctionId.Rehearsal.ToWire(), Revision = "r1", Concurrency = 100, Pool = "default" });
        platform.StartOnAcquire(route, context => context.Response.WriteAsync("hello"));

        foreach (var path in (string[])["/default/hello/", "/default/hello/a", "/default/hello/b", "/default/missing/"])
        {
            using var answer = await platform.GetAsync(path);
        }

        listener.RecordObservableInstruments();
        Assert.Equal(new Dictionary<string, long> { ["default/hello"] = 3, ["default/quiet"] = 0 }, requests);
    }
}
