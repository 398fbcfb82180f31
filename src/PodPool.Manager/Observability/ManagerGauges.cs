using System.Diagnostics.Metrics;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Observability;

/// <summary>What there is now, read when somebody asks. Only who leads tells of pools and functions, so that sums over all managers are right.</summary>
internal static class ManagerGauges
{
    /// <summary>Adds the gauges to a manager's meter.</summary>
    public static void Observe(Meter meter, PoolSet pools, FunctionRegistry functions, Leadership leadership)
    {
        meter.CreateObservableGauge("podpool.manager.leading", () => leadership.Current is null ? 0 : 1, description: "1: this manager leads.");
        meter.CreateObservableGauge("podpool.pool.pods", () => OfPools(Pods), "{pod}", "Pods by state.");
        meter.CreateObservableGauge("podpool.pool.size", () => OfPools(Size), "{pod}", "Pods that are wanted: warm ones to keep, and all at most.");
        meter.CreateObservableGauge("podpool.pool.demand", () => OfSizes(forecast => forecast.Demand), "{claim}/s", "Claims a second, as a pool that sizes itself reckons with.");
        meter.CreateObservableGauge("podpool.pool.misses.predicted", () => OfSizes(forecast => forecast.PredictedMissProbability), "1", "The share of claims that will find no warm pod, as a pool that sizes itself reckons.");
        meter.CreateObservableGauge("podpool.pool.degraded", () => OfPools(Degraded), description: "1: pods do not start as they should.");
        meter.CreateObservableGauge("podpool.functions", Functions, "{function}", "Functions by whether they can be called.");

        IEnumerable<Measurement<int>> OfPools(Func<PoolStatus, IEnumerable<Measurement<int>>> measure)
            => leadership.Current is null ? [] : pools.All.SelectMany(pool => measure(pool.Status));

        IEnumerable<Measurement<double>> OfSizes(Func<SizeForecast, double> measure) => leadership.Current is null ? []
            : from pool in pools.All
              let forecast = pool.Status.Size?.Forecast
              where forecast is not null
              select new Measurement<double>(measure(forecast), new KeyValuePair<string, object?>("pool", pool.Name));

        IEnumerable<Measurement<int>> Functions() => leadership.Current is null ? [] :
        [
            new(functions.All.Keys.Except(functions.Broken.Keys).Count(), new KeyValuePair<string, object?>("state", "ready")),
            new(functions.Broken.Count, new KeyValuePair<string, object?>("state", "not_ready")),
        ];
    }

    private static IEnumerable<Measurement<int>> Pods(PoolStatus pool)
        => from state in new (string Name, int Count)[]
           {
               ("starting", pool.Starting), ("warm", pool.Warm), ("claimed", pool.Claimed), ("serving", pool.Serving), ("draining", pool.Draining),
           }
           select Of(pool, state.Count, "state", state.Name);

    private static IEnumerable<Measurement<int>> Size(PoolStatus pool)
    {
        yield return Of(pool, pool.Target, "bound", "warm");
        if (pool.Spec.Max < int.MaxValue)
        {
            yield return Of(pool, pool.Spec.Max, "bound", "max");
        }
    }

    private static IEnumerable<Measurement<int>> Degraded(PoolStatus pool) => [new(pool.IsDegraded ? 1 : 0, new KeyValuePair<string, object?>("pool", pool.Spec.Name))];

    private static Measurement<int> Of(PoolStatus pool, int count, string label, string value) => new(count, new("pool", pool.Spec.Name), new(label, value));
}
