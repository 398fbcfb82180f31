using PodPool.Core;
using PodPool.WebConsole.Simulating;

namespace PodPool.Benchmarks;

/// <summary>A busy installation: each second some functions start, some warm pods are lost and made anew, and routers tell of load.</summary>
internal sealed class Activity : IAsyncDisposable
{
    /// <summary>Starts a second.</summary>
    public const int Starts = 10;

    /// <summary>Functions a second whose load changes.</summary>
    public const int Loads = 100;

    private readonly CancellationTokenSource _ending = new();
    private readonly Random _random = new(1);
    private readonly SimulatedManager _manager;
    private readonly IReadOnlyList<FunctionName> _functions;
    private readonly Queue<PodId> _instances;
    private readonly Task _running;

    public Activity(SimulatedManager manager, IReadOnlyList<FunctionName> functions, IEnumerable<PodId> instances)
    {
        (_manager, _functions, _instances) = (manager, functions, new(instances));
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        while (await timer.WaitForNextTickAsync(_ending.Token))
        {
            for (var i = 0; i < Starts; i++)
            {
                // As many end as start: the installation stays as large as it is.
                var function = _functions[_random.Next(_functions.Count)];
                _manager.LoseWarm();
                var pod = _manager.Serve(function);
                _manager.CountStart(function, pod, new(Milliseconds(1), Milliseconds(5), Milliseconds(3), Milliseconds(20)));
                _instances.Enqueue(pod);
                _manager.Pool.PodGone(_instances.Dequeue(), "it was idle");
            }

            for (var i = 0; i < Loads; i++)
            {
                _manager.Load(_functions[_random.Next(_functions.Count)], _random.Next(50));
            }
        }
    }

    private TimeSpan Milliseconds(double mean) => TimeSpan.FromMilliseconds(-mean * Math.Log(1 - _random.NextDouble()));
}
