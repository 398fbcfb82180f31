using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;
using WireName = PodPool.Contracts.V1.FunctionName;
using WirePolicy = PodPool.Contracts.V1.EmptyPoolPolicy;
using WireScale = PodPool.Contracts.V1.Scale;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>
/// One life of a manager: all its parts that keep pods on a cluster and serve claims, as they are. What declares pools and functions, and who leads, is the
/// world's to say: their own tests hold that.
/// </summary>
internal sealed class WorldManager : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly CancellationTokenSource _ending = new();
    private Task _watching = Task.CompletedTask;

    public WorldManager(ClusterWorld world, string name)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(world.Clock);
        services.AddSingleton(new ManagerOptions { StateFolder = world.Folder, RuntimeFolder = world.Folder, Listen = "unix:/none", Pools = [], KeepPods = true });
        services.AddSingleton<PackageStore>();
        services.AddSingleton(provider => new FileCache(provider.GetRequiredService<PackageStore>(), 1 << 20));
        services.AddSingleton(_ => new FunctionRegistry());
        services.AddSingleton<RevisionCache>();
        services.AddSingleton<ProfileStore>();
        services.AddSingleton<ILoaderSecurity, NoLoaderSecurity>();
        services.AddSingleton<PodDirectory>();
        services.AddSingleton<DoorHub>();
        services.AddSingleton<DoorClaims>();
        services.AddSingleton<ClaimRunner>();
        services.AddSingleton<PoolSizes>();
        services.AddSingleton(LeaderFence.Open);
        services.AddSingleton<PoolSet>();
        services.AddSingleton<RouterHub>();
        services.AddSingleton<EventJournal>();
        services.AddSingleton(provider => new ManagerMetrics(provider.GetRequiredService<IMeterFactory>(), ManagerMetrics.MeterName));
        services.AddSingleton(_ => world.Server.Connect(name, new() { ReadsPerSecond = 10_000, ReadBurst = 10_000, WritesPerSecond = 10_000, WriteBurst = 10_000 }));
        services.AddSingleton(provider => new Informer<RuntimePoolResource>(
            provider.GetRequiredService<KubernetesApi>().Resource<RuntimePoolResource>(), new(), null, world.Clock, provider.GetRequiredService<ILogger<Informer<RuntimePoolResource>>>()));
        services.AddSingleton(_ => ClaimKey.Of(ClusterWorld.KeyPem));
        services.AddSingleton<KubernetesPlatform>();
        services.AddSingleton<IPodPlatform>(provider => new WitnessedPlatform(provider.GetRequiredService<KubernetesPlatform>(), world));
        _services = services.BuildServiceProvider();
        Pools = _services.GetRequiredService<PoolSet>();
        Functions = _services.GetRequiredService<FunctionRegistry>();
        Platform = _services.GetRequiredService<IPodPlatform>();
        Take(world.Options);
        foreach (var function in world.Functions.Values)
        {
            Set(function);
        }
    }

    public PoolSet Pools { get; }

    public PoolRunner Pool => Pools.Find(ClusterWorld.PoolKey)!;

    public FunctionRegistry Functions { get; }

    public IPodPlatform Platform { get; }

    /// <summary>Finds what there is, takes it over, and begins to keep the pool.</summary>
    public async Task LeadAsync()
    {
        var pools = _services.GetRequiredService<Informer<RuntimePoolResource>>();
        _watching = Task.Run(() => pools.RunAsync(_ending.Token));
        await Pools.StartAsync(_ending.Token);
        await Pools.LeadAsync(_ending.Token);
    }

    public void Take(PoolOptions options) => Pools.Set(options);

    public void Set(FunctionSpec function)
    {
        var record = RecordOf(function);
        Functions.Set(record);
        Pool.SetFunction(record.Core);
    }

    public void Remove(FunctionName function)
    {
        Functions.Remove(function);
        Pool.RemoveFunction(function);
    }

    /// <summary>As when its process is killed: nothing is told to anybody.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Pools.DisposeAsync();
        await _services.DisposeAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static FunctionRecord RecordOf(FunctionSpec function) => new(
        function.Name,
        new()
        {
            Function = new WireName { Namespace = function.Name.Namespace, Name = function.Name.Name },
            Pool = ClusterWorld.PoolKey,
            EntryPoint = "F",
            Concurrency = function.Concurrency,
            Scale = new WireScale
            {
                Min = function.Scale.Min, Max = function.Scale.Max == int.MaxValue ? 0 : function.Scale.Max, IdleTimeout = Duration.FromTimeSpan(function.Scale.IdleTimeout),
            },
            Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
            OnEmptyPool = function.OnEmptyPool == EmptyPoolPolicy.Reject ? WirePolicy.Reject : WirePolicy.Wait,
        },
        function.Revision,
        function.PackageDigest,
        DateTimeOffset.UnixEpoch);

    /// <summary>The cluster's pods as they are, but for the port that they are called at; and what is claimed is seen.</summary>
    private sealed class WitnessedPlatform(KubernetesPlatform inner, ClusterWorld world) : IPodPlatform
    {
        private readonly ConcurrentDictionary<PodId, ClaimId> _claims = new();

        public async Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken)
            => Moved(await inner.StartAsync(new Observer(observer, this), cancellationToken));

        public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken) => inner.CreateAsync(pod, pool, cancellationToken);

        public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken) => inner.DeleteAsync(pod, gently, cancellationToken);

        public async Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => Moved(await inner.ListAsync(cancellationToken));

        public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => inner.ExistsAsync(pod, cancellationToken);

        public void ClaimStarted(ClaimOrder order)
        {
            if (!_claims.TryAdd(order.Pod, order.Claim))
            {
                world.Witness.Saw($"{order.Pod} was handed out twice");
            }

            world.Witness.Claimed();
            inner.ClaimStarted(order);
        }

        public void Observed(PodObservation observation) => inner.Observed(observation);

        public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken)
            => inner.ReadLogAsync(pod, tail, follow, cancellationToken);

        public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken) => inner.PodsOfAsync(function, cancellationToken);

        public Task StopAsync(bool keepPods, CancellationToken cancellationToken) => inner.StopAsync(keepPods, cancellationToken);

        private PlatformPod[] Moved(IReadOnlyList<PlatformPod> pods) => [.. pods.Select(Moved)];

        private PlatformPod Moved(PlatformPod pod)
            => pod.LoaderAddress is { } address ? pod with { LoaderAddress = $"http://{new Uri(address).Host}:{world.LoaderPort}" } : pod;

        private sealed class Observer(IPlatformObserver told, WitnessedPlatform platform) : IPlatformObserver
        {
            public void Seen(PlatformPod pod) => told.Seen(platform.Moved(pod));

            public void Gone(PodId pod, string why) => told.Gone(pod, why);
        }
    }
}
