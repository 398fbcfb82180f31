using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;

namespace PodPool.Core.Benchmarks;

/// <summary>
/// What the pool adds to a first request: from the acquire until a pod is chosen, taken and ordered to specialize, and its
/// replacement is ordered. Must not depend on the number of pods, in time or in memory: at most 2 µs at 10,000.
/// </summary>
[Config(typeof(Config))]
public class ClaimDecision
{
    private const int AtOnce = 8;

    private SteadyPool _pool = null!;

    /// <summary>Warm pods, on ten nodes.</summary>
    [Params(10, 1_000, 10_000)]
    public int Pods { get; set; }

    [GlobalSetup]
    public void Fill() => _pool = new SteadyPool(Pods, AtOnce);

    /// <summary>First requests for eight functions, one after the other. Their pods are brought back between the iterations.</summary>
    [Benchmark(OperationsPerInvoke = AtOnce)]
    public void Acquire()
    {
        for (var function = 0; function < AtOnce; function++)
        {
            _pool.Acquire(function);
        }
    }

    [IterationCleanup(Target = nameof(Acquire))]
    public void Restore()
    {
        for (var function = 0; function < AtOnce; function++)
        {
            _pool.Restore(function);
        }
    }

    /// <summary>An iteration is one invocation, as the pods must be brought back: so many of them, and the median counts.</summary>
    private sealed class Config : ManualConfig
    {
        public Config()
        {
            AddJob(Job.Default.WithInvocationCount(1).WithUnrollFactor(1).WithWarmupCount(20_000).WithIterationCount(5_000));
            AddDiagnoser(MemoryDiagnoser.Default);
            AddColumn(StatisticColumn.Median, StatisticColumn.P95);
            HideColumns(Column.InvocationCount, Column.UnrollFactor, Column.Error, Column.StdDev);
        }
    }
}
