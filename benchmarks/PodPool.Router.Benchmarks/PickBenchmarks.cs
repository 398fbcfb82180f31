using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using PodPool.Router.Managing;

namespace PodPool.Router.Benchmarks;

/// <summary>What a warm request costs before it is forwarded: a place claimed at the instance with the fewest, and given back.</summary>
public class PickBenchmarks
{
    private Function _function = null!;

    [Params(1, 10, 100, 1000)]
    public int Instances { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var options = new RouterOptions { Manager = "unix:/nowhere" };
        var metrics = new ServiceCollection().AddMetrics().AddSingleton<RouterMetrics>().BuildServiceProvider().GetRequiredService<RouterMetrics>();
        _function = new(new("default", "hello"), options, new(options), new Nobody(), metrics, TimeProvider.System, NullLogger.Instance);
        _function.Apply(new()
        {
            Function = new() { Namespace = "default", Name = "hello" },
            Concurrency = 100,
            Instances = { Enumerable.Range(0, Instances).Select(i => new Contracts.V1.Instance { Id = $"i{i}", Address = $"unix:/nowhere/{i}" }) },
        });

        // Each has something to do, so that none is found idle at once.
        for (var i = 0; i < Instances; i++)
        {
            _function.TryClaim();
        }
    }

    [Benchmark]
    public void ClaimAndRelease() => _function.Release(_function.TryClaim()!);

    private sealed class Nobody : IManager
    {
        public bool IsConnected => true;

        public bool HasTable => true;

        public Task NextTable { get; } = new TaskCompletionSource().Task;

        public Task WhenConnectedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<AcquireResponse> AcquireAsync(Function function, TimeSpan timeout, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void LoadChanged(Function function, bool urgent) => function.TryMarkChanged();

        public void Suspect(PodPool.Router.Instances.Instance instance, Reason reason) => throw new NotSupportedException();
    }
}
