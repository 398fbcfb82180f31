using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using PodPool.Router.Managing;

namespace PodPool.Router.Tests.Holding;

/// <summary>One function with no network round it: the test is the manager, and the clock.</summary>
internal sealed class World : IManager, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<RouterMetrics>().BuildServiceProvider();
    private readonly Lock _gate = new();
    private TaskCompletionSource<AcquireResponse>? _acquire;
    private TaskCompletionSource _connected = Done();
    private TaskCompletionSource _nextTable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _sequence;
    private int _names;

    public World(int concurrency, TimeProvider? time = null, RouterOptions? options = null)
    {
        options ??= new RouterOptions { Manager = "unix:/nowhere" };
        Concurrency = concurrency;
        Time = time ?? Clock;
        Limits = new(options);
        Function = new(new("default", "hello"), options, Limits, this, _services.GetRequiredService<RouterMetrics>(), Time, NullLogger.Instance);
        Tell();
    }

    public FakeTimeProvider Clock { get; } = new();

    public TimeProvider Time { get; }

    public int Concurrency { get; }

    public Function Function { get; }

    public HoldLimits Limits { get; }

    /// <summary>What the manager routes to.</summary>
    public List<Contracts.V1.Instance> Routed { get; } = [];

    public bool IsConnected => _connected.Task.IsCompleted;

    public bool HasTable => true;

    public Task NextTable => _nextTable.Task;

    /// <summary>An acquire waits for its answer.</summary>
    public bool IsAcquiring
    {
        get
        {
            lock (_gate)
            {
                return _acquire is not null;
            }
        }
    }

    public int Acquires { get; private set; }

    /// <summary>Two acquires were in flight at once: never.</summary>
    public bool HadTwoAcquires { get; private set; }

    public List<FunctionLoad> Loads { get; } = [];

    public List<(string Instance, Reason Reason)> Suspects { get; } = [];

    /// <summary>Answers acquires at once, if set.</summary>
    public Func<AcquireResponse?>? AnswerAtOnce { get; set; }

    public Contracts.V1.Instance NewInstance() => new() { Id = $"i{Interlocked.Increment(ref _names)}", Address = $"unix:/nowhere/{_names}" };

    /// <summary>Tells the function what is routed.</summary>
    public void Tell() => Function.Apply(new()
    {
        Function = new() { Namespace = "default", Name = "hello" }, Concurrency = Concurrency, Instances = { Routed },
    });

    /// <summary>Answers the acquire that waits.</summary>
    public void Answer(AcquireResponse answer) => Take()?.TrySetResult(answer);

    /// <summary>Refuses the acquire that waits.</summary>
    public void Refuse(RpcException why) => Take()?.TrySetException(why);

    public void Lose()
    {
        _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Take()?.TrySetException(new RpcException(new(StatusCode.Unavailable, "gone")));
    }

    public void Find()
    {
        _connected.TrySetResult();
        var next = _nextTable;
        _nextTable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        next.SetResult();
    }

    public HeldRequest Hold(bool isRetry = false, CancellationToken left = default) => Hold(isRetry, avoid: null, left);

    public HeldRequest Hold(bool isRetry, List<Instance>? avoid, CancellationToken left = default)
    {
        var now = Time.GetTimestamp();
        var held = new HeldRequest(now, now + (long)(Limits.Time.TotalSeconds * Time.TimestampFrequency), isRetry) { Avoid = avoid };
        var placed = Function.HoldAsync(held, left);

        // Refused before it was held: told by the task alone.
        if (placed.IsCompletedSuccessfully && !held.Placed.IsCompleted)
        {
            held.Complete(placed.Result);
        }

        return held;
    }

    /// <summary>What the function's load is reported as now; null: nothing new.</summary>
    public FunctionLoad? Report() => Function.TakeReport(ref _sequence, out _);

    public Task WhenConnectedAsync(CancellationToken cancellationToken) => _connected.Task.WaitAsync(cancellationToken);

    public async Task<AcquireResponse> AcquireAsync(Function function, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TaskCompletionSource<AcquireResponse> acquire;
        lock (_gate)
        {
            HadTwoAcquires |= _acquire is not null;
            Acquires++;
            Loads.Add(function.TakeLoad(ref _sequence));
            if (AnswerAtOnce?.Invoke() is { } answer)
            {
                return answer;
            }

            acquire = _acquire = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // As gRPC ends a call: cancelled, or past its deadline.
        using var late = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        await using var registration = either.Token.Register(() =>
        {
            lock (_gate)
            {
                if (_acquire == acquire)
                {
                    _acquire = null;
                }
            }

            acquire.TrySetException(new RpcException(new(late.IsCancellationRequested ? StatusCode.DeadlineExceeded : StatusCode.Cancelled, "ended")));
        });
        return await acquire.Task;
    }

    public void LoadChanged(Function function, bool urgent) => function.TryMarkChanged();

    public void Suspect(Instance instance, Reason reason)
    {
        lock (_gate)
        {
            Suspects.Add((instance.Id, reason));
        }
    }

    public void Dispose() => _services.Dispose();

    /// <summary>Waits for what runs elsewhere.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"did not happen: {what}");
            await Task.Yield();
        }
    }

    private TaskCompletionSource<AcquireResponse>? Take()
    {
        lock (_gate)
        {
            var acquire = _acquire;
            _acquire = null;
            return acquire;
        }
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
