using BenchmarkDotNet.Attributes;

namespace PodPool.Core.Benchmarks;

/// <summary>
/// The whole life of an instance in the books: acquire, claim, refill ordered, specialized, answered, routed, load reported, gone,
/// replacement warm. Seven decisions; all that a pool does for one first request, except waiting.
/// </summary>
[MemoryDiagnoser]
public class ClaimCycle
{
    private SteadyPool _pool = null!;

    /// <summary>Warm pods, on ten nodes.</summary>
    [Params(10, 1_000, 10_000)]
    public int Pods { get; set; }

    [GlobalSetup]
    public void Fill() => _pool = new SteadyPool(Pods, functions: 1);

    [Benchmark]
    public void Cycle()
    {
        _pool.Acquire(0);
        _pool.Restore(0);
    }
}
