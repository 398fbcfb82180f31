using Microsoft.Extensions.Time.Testing;

namespace PodPool.Core.Tests;

/// <summary>A pool whose backend does nothing but note what was ordered; the test answers. The clock stands still until told.</summary>
internal sealed class PoolUnderTest : IPodBackend, IPoolListener
{
    public const string Router = "router";

    private readonly Dictionary<AcquireId, AcquireAnswer> _answers = [];
    private int _names;
    private int _pods;
    private long _acquires;
    private ulong _sequence;

    public PoolUnderTest(PoolSpec? spec = null)
    {
        Pool = new Pool(spec ?? StockedByHand, this, this, Time, () => $"n{++_names}");
        Pool.RouterConnected(Router);
    }

    /// <summary>Keeps what warm pods it is given, and makes none.</summary>
    public static PoolSpec StockedByHand { get; } = Spec(100) with { Max = 0 };

    public FakeTimeProvider Time { get; } = new();

    public Pool Pool { get; }

    public List<PodId> Created { get; } = [];

    public List<ClaimOrder> Claims { get; } = [];

    public List<PodId> Drains { get; } = [];

    public List<(PodId Pod, DeleteReason Reason)> Deletes { get; } = [];

    public List<PoolEvent> Events { get; } = [];

    public List<FunctionName> RouteChanges { get; } = [];

    public static PoolSpec Spec(int warm) => new() { Name = "default", Warm = warm };

    public static FunctionSpec Function(
        string name = "hello",
        string revision = "r1",
        int concurrency = 1,
        int min = 0,
        int max = int.MaxValue,
        double idleSeconds = 300,
        EmptyPoolPolicy onEmptyPool = EmptyPoolPolicy.Wait,
        string package = "package") =>
        new(new FunctionName("default", name), revision, package, concurrency, new ScaleLimits(min, max, TimeSpan.FromSeconds(idleSeconds)), onEmptyPool);

    public FunctionName Set(FunctionSpec function)
    {
        Pool.SetFunction(function);
        return function.Name;
    }

    /// <summary>So many warm pods that the pool did not order itself.</summary>
    public List<PodId> Warm(int count, string node = "node", params string[] held)
    {
        var pods = Enumerable.Range(0, count).Select(_ => new PodId($"p{++_pods}")).ToList();
        pods.ForEach(pod => Pool.PodObserved(new PodObservation(pod, PodPhase.Warm, node) { HeldPackages = held }));
        return pods;
    }

    public void Observe(PodId pod, PodPhase phase, PodBinding? binding = null) => Pool.PodObserved(new PodObservation(pod, phase, "node", binding));

    /// <summary>What a pod of a template says of itself.</summary>
    public void Become(PodId pod, PodPhase phase, string template) => Pool.PodObserved(new PodObservation(pod, phase, "node") { Template = template });

    public AcquireId Acquire(FunctionName function, int waiting = 1, int inFlight = 0, double timeoutSeconds = 30, string router = Router)
    {
        var id = new AcquireId(++_acquires);
        Pool.Acquire(id, Load(function, waiting, inFlight, router), TimeSpan.FromSeconds(timeoutSeconds));
        return id;
    }

    public void Report(FunctionName function, int waiting, int inFlight, string router = Router) =>
        Pool.Report(Load(function, waiting, inFlight, router));

    public FunctionLoad Load(FunctionName function, int waiting, int inFlight, string router = Router) =>
        new(router, function, ++_sequence, waiting, inFlight);

    public AcquireAnswer? AnswerTo(AcquireId acquire) => _answers.GetValueOrDefault(acquire);

    public AcquireAnswer.Refused RefusalOf(AcquireId acquire) => Assert.IsType<AcquireAnswer.Refused>(AnswerTo(acquire));

    public AcquireAnswer.Instance InstanceOf(AcquireId acquire) => Assert.IsType<AcquireAnswer.Instance>(AnswerTo(acquire));

    /// <summary>The claim ordered last, or the one of that number, answered with success.</summary>
    public PodId Serve(int claim = -1)
    {
        var order = claim < 0 ? Claims[^1] : Claims[claim];
        Pool.Specialized(order.Claim, default);
        return order.Pod;
    }

    /// <summary>A function with so many instances, all in routing, and nothing else going on.</summary>
    public List<PodId> Serving(FunctionSpec function, int instances)
    {
        Set(function);
        Pool.Reconcile([]);
        Warm(instances);
        var first = Claims.Count;
        var acquire = Acquire(function.Name, waiting: instances * function.Concurrency);
        for (var i = first; i < first + instances; i++)
        {
            Serve(i);
        }

        Assert.IsType<AcquireAnswer.Instance>(AnswerTo(acquire));
        Report(function.Name, 0, 0);
        return [.. Routed(function.Name)];
    }

    public IEnumerable<PodId> Routed(FunctionName function) => Pool.RouteOf(function).Instances.Select(instance => instance.Pod);

    public void Pass(TimeSpan span)
    {
        var end = Time.GetUtcNow() + span;
        while (Pool.NextDue is { } due && Time.GetUtcNow() + Time.GetElapsedTime(Time.GetTimestamp(), due) <= end)
        {
            if (due > Time.GetTimestamp())
            {
                Time.Advance(Time.GetElapsedTime(Time.GetTimestamp(), due));
            }

            Pool.Tick();
            Assert.False(Pool.NextDue <= Time.GetTimestamp(), "A tick leaves nothing due.");
        }

        Time.Advance(end - Time.GetUtcNow());
    }

    public void PassSeconds(double seconds) => Pass(TimeSpan.FromSeconds(seconds));

    public void Acknowledge(string router = Router) => Pool.RouterAcknowledged(router, Pool.RouteVersion);

    void IPodBackend.Create(PodId pod) => Created.Add(pod);

    void IPodBackend.Specialize(ClaimOrder order) => Claims.Add(order);

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => Drains.Add(pod);

    void IPodBackend.Delete(PodId pod, DeleteReason reason) => Deletes.Add((pod, reason));

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer) => _answers.Add(acquire, answer);

    void IPoolListener.RouteChanged(FunctionName function, long version) => RouteChanges.Add(function);

    void IPoolListener.Happened(PoolEvent happened) => Events.Add(happened);
}
