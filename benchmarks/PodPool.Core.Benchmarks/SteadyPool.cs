using System.Globalization;

namespace PodPool.Core.Benchmarks;

/// <summary>A filled pool whose backend does at once, when asked to, what it was ordered.</summary>
internal sealed class SteadyPool : IPodBackend, IPoolListener
{
    private const string Router = "router";

    private static readonly string[] Nodes = [.. Enumerable.Range(0, 10).Select(node => $"node{node}")];
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly Pool _pool;
    private readonly FunctionName[] _functions;
    private readonly ClaimOrder?[] _orders;
    private readonly Queue<PodId> _created = new();
    private readonly Dictionary<FunctionName, int> _indices = [];
    private ulong _sequence;
    private long _acquire;
    private long _name;
    private int _node;
    private long _instances;

    public SteadyPool(int pods, int functions)
    {
        // Ended pods are remembered for a start deadline: a million a second of them would be too many.
        var spec = new PoolSpec
        {
            Name = "default",
            Warm = pods,
            RefillPerSecond = 1e9,
            RefillBurst = pods + functions,
            StartDeadline = TimeSpan.FromMilliseconds(1),
        };
        _pool = new Pool(spec, this, this, TimeProvider.System, () => string.Create(CultureInfo.InvariantCulture, $"n{++_name}"));
        _orders = new ClaimOrder?[functions];
        _functions = [.. Enumerable.Range(0, functions).Select(i => new FunctionName("default", $"function{i}"))];
        for (var i = 0; i < functions; i++)
        {
            _indices.Add(_functions[i], i);
            var scale = new ScaleLimits(0, int.MaxValue, TimeSpan.FromMinutes(5));
            _pool.SetFunction(new FunctionSpec(_functions[i], "r1", $"package{i}", 100, scale, EmptyPoolPolicy.Wait));
        }

        _pool.RouterConnected(Router);
        _pool.Reconcile([]);
        AllWarm();
        if (_pool.Status.Warm != pods)
        {
            throw new InvalidOperationException($"The pool has {_pool.Status.Warm} warm pods instead of {pods}.");
        }
    }

    /// <summary>A first request: a pod is claimed.</summary>
    public void Acquire(int function) =>
        _pool.Acquire(new AcquireId(++_acquire), new FunctionLoad(Router, _functions[function], ++_sequence, Waiting: 1, InFlight: 0), Timeout);

    /// <summary>The claim succeeds, the request is served, the instance ends, its replacement is warm: as before.</summary>
    public void Restore(int function)
    {
        var order = _orders[function] ?? throw new InvalidOperationException("Nothing was claimed.");
        _orders[function] = null;
        var before = _instances;
        _pool.Specialized(order.Claim, default);
        if (_instances != before + 1)
        {
            throw new InvalidOperationException("The acquire got no instance.");
        }

        _pool.Report(new FunctionLoad(Router, _functions[function], ++_sequence, Waiting: 0, InFlight: 0));
        _pool.PodGone(order.Pod, "");
        AllWarm();
    }

    void IPodBackend.Create(PodId pod) => _created.Enqueue(pod);

    void IPodBackend.Specialize(ClaimOrder order) => _orders[_indices[order.Function.Name]] = order;

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => throw new InvalidOperationException("Nothing should drain.");

    void IPodBackend.Delete(PodId pod, DeleteReason reason) => throw new InvalidOperationException("Nothing should be deleted.");

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer) => _instances += answer is AcquireAnswer.Instance ? 1 : 0;

    void IPoolListener.RouteChanged(FunctionName function, long version)
    {
    }

    void IPoolListener.Happened(PoolEvent happened)
    {
    }

    private void AllWarm()
    {
        while (_created.TryDequeue(out var pod))
        {
            _node = (_node + 1) % Nodes.Length;
            _pool.PodObserved(new PodObservation(pod, PodPhase.Warm, Nodes[_node]));
        }
    }
}
