using System.Collections.Immutable;
using System.Text.Json;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;
using PodPool.Worlds;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>
/// A cluster with a pool: a real API server's socket, nodes that run what it has, routers, and a manager of real parts between them. One clock for
/// everything, which moves when it is told to; and as sockets do not know of it, each time only after a question to the API server was answered: what was
/// under way got as long. The order of things is not the same twice, so what is held to is true in any.
/// </summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    public const string Namespace = "ns";
    public const string PoolKey = "ns/default";
    private const string Question = "/question";

    /// <summary>The clock outruns what is real: what is too slow in the model's time is not in so many times as much.</summary>
    private const int Patience = 4;

    public static readonly string KeyPem = ClaimKey.MakePem();

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongStep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestUnrest = TimeSpan.FromMinutes(20);

    private readonly TemporaryFolder _folder = new();
    private readonly HttpMessageInvoker _asking = new(new SocketsHttpHandler());
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly PodSocket _socket;
    private readonly HashSet<(FunctionName, string)> _broken = [];
    private ImmutableDictionary<FunctionName, FunctionSpec> _functions = ImmutableDictionary<FunctionName, FunctionSpec>.Empty;
    private TaskCompletionSource<WorldManager> _led = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _startAt;
    private TimeSpan _jump;
    private DateTimeOffset _jumpCounts;
    private int _names;

    private ClusterWorld(WorldCourse course, PodSocket socket, ConcurrentClock clock, FakeApiServer server)
    {
        (_random, _socket, Clock, Server) = (new Random(course.Seed), socket, clock, server);
        Weather = course.Storm ? Weather.Storm : Weather.Fair;
        Options = OptionsOf(course.Spec);
        _functions = course.Functions.Aggregate(_functions, (all, function) => all.SetItem(function.Name, function));
        server.Texts[Question] = "yes";
        server.Garbler = FakeGarbler.New(course.Seed);
        server.SaysGoneInStream = course.Seed % 2 == 0;
        server.Store.Create(new RuntimePoolResource
        {
            Metadata = new() { Name = "default", NamespaceProperty = Namespace },
            Spec = new() { Template = new() { Spec = JsonDocument.Parse("""{"containers":[{"name":"runtime","image":"i"}]}""").RootElement } },
        });
        Nodes = new(this, socket);
        Witness = new(this);
        Nodes.Start();
        Heal();
    }

    public ConcurrentClock Clock { get; }

    public FakeApiServer Server { get; }

    public ClusterNodes Nodes { get; }

    public ClusterWitness Witness { get; }

    public List<WorldRouter> Routers { get; } = [];

    public string Folder => _folder.Path;

    public int LoaderPort => _socket.Port;

    public Weather Weather { get; private set; }

    /// <summary>How the pool is to be kept; outlives managers.</summary>
    public PoolOptions Options { get; private set; }

    /// <summary>The functions deployed; outlive managers.</summary>
    public IReadOnlyDictionary<FunctionName, FunctionSpec> Functions => Volatile.Read(ref _functions);

    /// <summary>A clock that moves between the reckoning of a time and the setting of its timer makes the timer that much late, and no more.</summary>
    public TimeSpan Lateness => (LongStep * 2) + (Clock.GetUtcNow() < _jumpCounts ? _jump : TimeSpan.Zero);

    /// <summary>Completes when a manager leads.</summary>
    public Task<WorldManager> Led => Volatile.Read(ref _led).Task;

    /// <summary>The manager that leads; null: none.</summary>
    public WorldManager? Manager => Led is { IsCompletedSuccessfully: true } led ? led.Result : null;

    public int Restarts { get; private set; }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static async Task<ClusterWorld> StartAsync(WorldCourse course, PodSocket socket)
    {
        // From now on: what counts real time, as calls' deadlines do, is never late.
        var clock = new ConcurrentClock(TimeProvider.System.GetUtcNow());
        var world = new ClusterWorld(course, socket, clock, await FakeApiServer.StartAsync(clock));
        world.AddRouter();
        world.AddRouter();
        await world.LeadAsync();
        return world;
    }

    public bool Chance(double probability)
    {
        lock (_gate)
        {
            return probability > 0 && _random.NextDouble() < probability;
        }
    }

    public int Pick(int count)
    {
        lock (_gate)
        {
            return _random.Next(count);
        }
    }

    /// <summary>Takes as long, on the world's clock.</summary>
    public Task DelayAsync(Span seconds)
    {
        lock (_gate)
        {
            return Task.Delay(TimeSpan.FromSeconds(seconds.From + (_random.NextDouble() * (seconds.To - seconds.From))), Clock, _ending.Token);
        }
    }

    public bool IsBroken(FunctionName function, string revision)
    {
        lock (_gate)
        {
            return _broken.Contains((function, revision));
        }
    }

    public int ConcurrencyOf(FunctionName function) => Functions.GetValueOrDefault(function)?.Concurrency ?? 1;

    public async Task DoAsync(WorldStep step)
    {
        switch (step)
        {
            case WorldStep.Request request:
                OnRouter(router => router.Request(WorldCourse.Names[request.Function], request.Count, TimeSpan.FromSeconds(request.Hold)));
                break;
            case WorldStep.Run run:
                await RunAsync(TimeSpan.FromSeconds(run.Seconds));
                break;
            case WorldStep.Leave leave:
                OnRouter(router => router.Leave(WorldCourse.Names[leave.Function]));
                break;
            case WorldStep.KillPod kill:
                KillPod(kill.Any & int.MaxValue);
                break;
            case WorldStep.Restart restart:
                await KillManagerAsync();
                _startAt = Clock.GetUtcNow() + TimeSpan.FromSeconds(restart.Downtime);
                break;
            case WorldStep.Jump jump:
                Jump(TimeSpan.FromSeconds(jump.Seconds));
                break;
            case WorldStep.AddRouter:
                AddRouter();
                break;
            case WorldStep.RemoveRouter:
                OnRouter(router =>
                {
                    Routers.Remove(router);
                    router.Die();
                });
                break;
            case WorldStep.Set set:
                Set(set.Function, set.IsBroken);
                break;
            case WorldStep.Remove remove:
                Volatile.Write(ref _functions, _functions.Remove(WorldCourse.Names[remove.Function]));
                Manager?.Remove(WorldCourse.Names[remove.Function]);
                break;
            case WorldStep.Evict evict:
                Manager?.Pool.Evict(WorldCourse.Names[evict.Function]);
                break;
            case WorldStep.Resize resize:
                Resize(OptionsOf(resize.Spec));
                break;
            case WorldStep.Storm:
                Weather = Weather.Storm;
                break;
            case WorldStep.Calm:
                Weather = Weather.Fair;
                break;
        }

        await TurnAsync(Step);
        if (Manager is null && Clock.GetUtcNow() >= _startAt)
        {
            await LeadAsync();
        }
    }

    /// <summary>Nothing goes wrong any more, and nobody asks for anything: all comes to rest, and stays so.</summary>
    public async Task ComeToRestAsync()
    {
        Weather = Weather.Fair;
        lock (_gate)
        {
            _broken.Clear();
        }

        Heal();
        Nodes.AllReady();
        if (Manager is null)
        {
            await LeadAsync();
        }

        Resize(Options with { Max = 0 });
        var begun = Clock.GetUtcNow();
        for (var rested = 0; rested < 15; rested++)
        {
            while (Witness.Unrest() is { } unrest)
            {
                rested = 0;
                Assert.True(Clock.GetUtcNow() - begun < LongestUnrest, unrest);
                await TurnAsync(IsBusy() ? Step : LongStep);
            }

            await TurnAsync(LongStep);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var router in Routers)
        {
            router.Die();
        }

        await KillManagerAsync();
        await _ending.CancelAsync();
        await Nodes.DisposeAsync();
        await Server.DisposeAsync();
        _asking.Dispose();
        _ending.Dispose();
        _folder.Dispose();
    }

    private void Jump(TimeSpan span)
    {
        Clock.Advance(span);
        _jump = span > _jump || Clock.GetUtcNow() > _jumpCounts ? span : _jump;
        _jumpCounts = Clock.GetUtcNow() + LongestHold;
    }

    private async Task RunAsync(TimeSpan span)
    {
        for (; span > TimeSpan.Zero; span -= Step)
        {
            await TurnAsync(Step);
        }
    }

    private async Task TurnAsync(TimeSpan span)
    {
        await PassAsync(span);
        if (Manager is { } manager)
        {
            var version = manager.Pool.RouteVersion;
            Routers.ForEach(router => manager.Pool.RouterAcknowledged(router.Name, version));
        }

        await Witness.LookAsync();
    }

    /// <summary>Lets time go by, and what is under way as long as it takes the API server to answer a question.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        using (var question = new HttpRequestMessage(HttpMethod.Get, Server.Address + Question))
        using (await _asking.SendAsync(question, Test))
        {
            Clock.Advance(span);
        }
    }

    private async Task LeadAsync()
    {
        var manager = new WorldManager(this, $"manager-{Restarts}");
        var leading = manager.LeadAsync();
        while (!leading.IsCompleted)
        {
            await TurnAsync(Step);
        }

        await leading;

        // In this order: what a router says before it is connected does not count, and it says everything when it is.
        _led.SetResult(manager);
        Routers.ForEach(router => router.Connect(manager));
    }

    private async Task KillManagerAsync()
    {
        if (Manager is { } manager)
        {
            Restarts++;
            Volatile.Write(ref _led, new(TaskCreationOptions.RunContinuationsAsynchronously));
            var ending = manager.DisposeAsync().AsTask();
            while (!ending.IsCompleted)
            {
                await PassAsync(Step);
            }

            await ending;
        }
    }

    /// <summary>As the process's end has it, or as somebody who deletes pods behind the manager's back.</summary>
    private void KillPod(int any)
    {
        var pods = Server.Store.All(FakeKind.Pods);
        if (pods.Count == 0)
        {
            return;
        }

        var pod = pods[any % pods.Count];
        if (any % 3 == 0 && Nodes.Find(pod.Name) is { } found)
        {
            Nodes.Fail(found, "killed");
        }
        else
        {
            try
            {
                Server.Store.Delete(FakeKind.Pods, new(pod.Namespace, pod.Name), grace: any % 3 == 1 ? 0 : 30);
            }
            catch (FakeApiError)
            {
                // It has just gone by itself.
            }
        }
    }

    private void Set(FunctionSpec function, bool isBroken)
    {
        lock (_gate)
        {
            _ = isBroken ? _broken.Add((function.Name, function.Revision)) : _broken.Remove((function.Name, function.Revision));
        }

        Volatile.Write(ref _functions, _functions.SetItem(function.Name, function));
        Manager?.Set(function);
    }

    private void Resize(PoolOptions options)
    {
        Options = options;
        Manager?.Take(options);
    }

    private void AddRouter()
    {
        var router = new WorldRouter(this, $"router-{++_names}");
        Routers.Add(router);
        if (Manager is { } manager)
        {
            router.Connect(manager);
        }
    }

    private void OnRouter(Action<WorldRouter> action)
    {
        if (Routers.Count > 0)
        {
            action(Routers[Pick(Routers.Count)]);
        }
    }

    private void Heal()
    {
        Server.Heal();
        Server.Fail(request => this.FaultOf(request));
    }

    private bool IsBusy() => Manager?.Pool.Status is not { Starting: 0, Claimed: 0, Draining: 0 } || Server.Store.All(FakeKind.Pods).Count != Nodes.Running.Count();

    private static PoolOptions OptionsOf(PoolSpec spec) => new()
    {
        Name = PoolKey,
        Warm = spec.Warm,
        Max = spec.Max == int.MaxValue ? 0 : spec.Max,
        RefillPerSecond = spec.RefillPerSecond,
        RefillBurst = spec.RefillBurst,
        RefillParallelism = spec.RefillParallelism,
        RefillYield = spec.RefillYield,
        PrefetchBytes = 0,
        StartDeadline = spec.StartDeadline * Patience,
        SpecializeDeadline = spec.SpecializeDeadline * Patience,
        DrainGrace = spec.DrainGrace,
    };
}
