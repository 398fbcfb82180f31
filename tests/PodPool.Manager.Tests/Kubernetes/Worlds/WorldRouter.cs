using PodPool.Core;
using PodPool.Worlds;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>A router, in little: it holds callers until they have an instance, are refused, leave, or have waited long enough.</summary>
internal sealed class WorldRouter(ClusterWorld world, string name)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FunctionName, (int Waiting, int InFlight)> _loads = WorldCourse.Names.ToDictionary(function => function, _ => (0, 0));
    private readonly Dictionary<FunctionName, CancellationTokenSource> _leaving = WorldCourse.Names.ToDictionary(function => function, _ => new CancellationTokenSource());
    private readonly Dictionary<Task, DateTimeOffset> _callers = [];
    private ulong _sequence;

    public string Name => name;

    /// <summary>Nobody waits or is served.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _loads.Values.All(load => load == default) && _callers.Keys.All(caller => caller.IsCompleted);
            }
        }
    }

    /// <summary>Callers who wait although their time was over that long ago.</summary>
    public IReadOnlyList<Task> Overdue(TimeSpan since)
    {
        lock (_gate)
        {
            return [.. _callers.Where(caller => !caller.Key.IsCompleted && caller.Value + since < world.Clock.GetUtcNow()).Select(caller => caller.Key)];
        }
    }

    /// <summary>A caller's, or a service's, own failure is the test's.</summary>
    public void ThrowIfFailed()
    {
        lock (_gate)
        {
            foreach (var caller in _callers.Keys.Where(caller => caller.IsCompleted).ToList())
            {
                _callers.Remove(caller);
                caller.GetAwaiter().GetResult();
            }
        }
    }

    public void Request(FunctionName function, int count, TimeSpan hold)
    {
        lock (_gate)
        {
            var until = world.Clock.GetUtcNow() + hold;
            _callers.Add(HoldAsync(function, count, until, _leaving[function].Token), until);
        }
    }

    public void Leave(FunctionName function)
    {
        CancellationTokenSource leaving;
        lock (_gate)
        {
            leaving = _leaving[function];
            _leaving[function] = new();
        }

        leaving.Cancel();
    }

    /// <summary>Connects to a manager, and tells it everything.</summary>
    public void Connect(WorldManager manager)
    {
        manager.Pool.RouterConnected(name);
        foreach (var function in WorldCourse.Names)
        {
            manager.Pool.Report(Change(function, 0, 0));
        }
    }

    public void Die()
    {
        foreach (var function in WorldCourse.Names)
        {
            Leave(function);
        }

        world.Manager?.Pool.RouterGone(name);
    }

    private async Task HoldAsync(FunctionName function, int count, DateTimeOffset until, CancellationToken leaving)
    {
        // Not on the thread of whoever sends them: it moves the clock.
        await Task.Yield();
        Report(function, count, 0);
        while (count > 0 && !leaving.IsCancellationRequested && until - world.Clock.GetUtcNow() is { } left && left > TimeSpan.Zero)
        {
            try
            {
                var manager = await world.Led.WaitAsync(left, world.Clock, leaving);
                var answer = await manager.Pool.AcquireAsync(Change(function, 0, 0), until - world.Clock.GetUtcNow(), leaving);
                world.Witness.Answered(function, answer);
                if (answer is not AcquireAnswer.Instance)
                {
                    break;
                }

                var taken = Math.Min(count, world.ConcurrencyOf(function));
                count -= taken;
                Report(function, -taken, taken);
                Serve(function, taken);
            }
            catch (OperationCanceledException)
            {
                // They left, or the manager ended: the next one is asked.
                await Task.Yield();
            }
            catch (TimeoutException)
            {
                break;
            }
        }

        Report(function, -count, 0);
    }

    /// <summary>What becomes of it is seen, and nothing is idle before its end was told.</summary>
    private void Serve(FunctionName function, int count)
    {
        lock (_gate)
        {
            _callers.Add(ServeAsync(function, count), world.Clock.GetUtcNow().AddDays(1));
        }
    }

    private async Task ServeAsync(FunctionName function, int count)
    {
        await Task.Yield();
        await world.DelayAsync(world.Weather.Service);
        Report(function, 0, -count);
    }

    private void Report(FunctionName function, int waiting, int inFlight)
    {
        var load = Change(function, waiting, inFlight);
        world.Manager?.Pool.Report(load);
    }

    private FunctionLoad Change(FunctionName function, int waiting, int inFlight)
    {
        lock (_gate)
        {
            var load = _loads[function] = (_loads[function].Waiting + waiting, _loads[function].InFlight + inFlight);
            return new(name, function, ++_sequence, load.Waiting, load.InFlight);
        }
    }
}
