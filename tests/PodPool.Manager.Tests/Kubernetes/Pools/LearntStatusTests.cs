using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Kubernetes.Pods;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Pools;

/// <summary>When what a size has learnt is written to its object, on a clock that moves when it is told to.</summary>
public sealed class LearntStatusTests : IAsyncLifetime
{
    private static readonly FakeKind Pools = new(CustomResources.Group, CustomResources.Version, RuntimePoolResource.KubePluralName);
    private static readonly ObjectName Name = new("ns", "default");

    private readonly ConcurrentClock _time = new(TimeProvider.System.GetUtcNow());
    private readonly CancellationTokenSource _ending = new();
    private readonly TemporaryFolder _folder = new();
    private FakeApiServer _server = null!;
    private ServiceProvider _services = null!;
    private PoolReconciler _reconciler = null!;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private JsonNode? Status => _server.Store.Find(Pools, Name)!.ToNode()["status"];

    private string? LearntNow => Status?["size"]?["learnt"]?.GetValue<string>();

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_time);
        var pool = PodManifestTests.Pool("""{"containers":[{"name":"runtime","image":"i"}]}""");
        _server.Store.Create(pool with { Spec = pool.Spec with { Size = new() { Warm = 1, Auto = new() { MissProbability = 0.5, Max = 5 } } } });
        _services = await ServicesAsync();
        _reconciler = _services.GetRequiredService<PoolReconciler>();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _services.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
        _ending.Dispose();
    }

    [Fact]
    public async Task It_goes_with_a_status_that_is_written_anyway_ten_minutes_after_the_last()
    {
        await LeadAsync();
        await UntilAsync(() => Status?["size"]?["why"] is not null);
        Assert.Null(LearntNow);

        _time.Advance(TimeSpan.FromMinutes(5));
        await WriteAsync(generationAfter: 2);
        Assert.Null(LearntNow);

        _time.Advance(TimeSpan.FromMinutes(6));
        await WriteAsync(generationAfter: 3);
        var learnt = LearntNow;
        Assert.NotNull(learnt);

        _time.Advance(TimeSpan.FromMinutes(5));
        await WriteAsync(generationAfter: 4);
        Assert.Equal(learnt, LearntNow);

        _time.Advance(TimeSpan.FromMinutes(6));
        await WriteAsync(generationAfter: 5);
        Assert.NotEqual(learnt, LearntNow);
    }

    [Fact]
    public async Task It_is_read_by_the_one_that_begins_to_lead_and_written_when_it_steps_down()
    {
        var before = Learnt.With(warm: 4, _time.GetUtcNow());
        _server.Store.Patch(Pools, Name, new() { ["status"] = new JsonObject { ["size"] = new JsonObject { ["learnt"] = before } } });
        await LeadAsync();
        await UntilAsync(() => Status?["target"]?.GetValue<int>() == 4);
        Assert.Equal(before, LearntNow);
        _time.Advance(TimeSpan.FromSeconds(5));
        await _reconciler.KeepLearntAsync(Test);
        Assert.NotEqual(before, LearntNow);
        Assert.StartsWith("v1.", LearntNow, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_there_and_is_damaged_does_no_harm()
    {
        _server.Store.Patch(Pools, Name, new() { ["status"] = new JsonObject { ["size"] = new JsonObject { ["learnt"] = "v1.nonsense" } } });
        await LeadAsync();
        await UntilAsync(() => Status?["target"]?.GetValue<int>() == 1);
        await _reconciler.KeepLearntAsync(Test);
        Assert.NotEqual("v1.nonsense", LearntNow);
    }

    private async Task LeadAsync()
    {
        var informer = _services.GetRequiredService<Informer<RuntimePoolResource>>();
        var pools = _services.GetRequiredService<PoolSet>();
        _running = Task.WhenAll(Task.Run(() => informer.RunAsync(_ending.Token)), Task.Run(() => _reconciler.RunAsync(_ending.Token)));
        await informer.Synced.WaitAsync(Test);
        await pools.StartAsync(Test);
        await _reconciler.PrepareToLeadAsync(Test);
        await pools.LeadAsync(Test);
        _services.GetRequiredService<Leadership>().Begin(1);
        _reconciler.LookAtAll();
    }

    /// <summary>A change of the pool is a reason to write its status.</summary>
    private async Task WriteAsync(int generationAfter)
    {
        _server.Store.Patch(Pools, Name, new() { ["spec"] = new JsonObject { ["drainGrace"] = $"{generationAfter}s" } }, FakePart.Main);
        await UntilAsync(() => Status?["observedGeneration"]?.GetValue<int>() == generationAfter);
    }

    /// <summary>Looks at every change. What was cut off when the clock jumped is tried again later.</summary>
    private Task UntilAsync(Func<bool> isSo) => _time.AdvanceUntilAsync(isSo, TimeSpan.FromMilliseconds(50));

    private async Task<ServiceProvider> ServicesAsync()
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(new ManagerOptions { StateFolder = _folder.Path, RuntimeFolder = _folder.Path, Listen = "unix:/none", Pools = [], KeepPods = true });
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
        services.AddSingleton<IPodPlatform>(provider => new WarmAtOnce(provider));
        services.AddSingleton(_ => _server.Connect("m", new() { ReadsPerSecond = 10_000, ReadBurst = 10_000, WritesPerSecond = 10_000, WriteBurst = 10_000 }));
        services.AddSingleton(provider => new Informer<RuntimePoolResource>(
            provider.GetRequiredService<KubernetesApi>().Resource<RuntimePoolResource>(), new(), null, _time, NullLogger<Informer<RuntimePoolResource>>.Instance));
        services.AddSingleton(provider => new EventRecorder(provider.GetRequiredService<KubernetesApi>(), "m", _time, NullLogger<EventRecorder>.Instance));
        services.AddSingleton(_ => new Leadership());
        using (var api = _server.Connect())
        {
            var installation = await InstallationSecret.OpenAsync(api.Resource<V1Secret>(), "ns", TimeProvider.System, Test);
            services.AddSingleton(installation);
            services.AddSingleton(installation.ClaimKey);
        }

        services.AddSingleton<LoaderSecret>();
        services.AddSingleton<PoolReconciler>();
        return services.BuildServiceProvider();
    }

    /// <summary>Pods that are warm when they are made, and that nobody can reach.</summary>
    private sealed class WarmAtOnce(IServiceProvider services) : IPodPlatform
    {
        private readonly ConcurrentDictionary<PodId, PlatformPod> _pods = new();

        public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken) => ListAsync(cancellationToken);

        public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken)
        {
            _pods[pod] = new(pod, pool.Name, "node", null);
            services.GetRequiredService<PoolSet>().Find(pool.Name)!.Observed(new(pod, PodPhase.Warm, "node") { Template = pool.Template });
            return Task.CompletedTask;
        }

        public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
        {
            if (_pods.TryRemove(pod, out var known))
            {
                services.GetRequiredService<PoolSet>().Find(known.Pool)!.PodGone(pod, "deleted");
            }

            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PlatformPod>>([.. _pods.Values]);

        public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => Task.FromResult(_pods.ContainsKey(pod));

        public void ClaimStarted(ClaimOrder order)
        {
        }

        public void Observed(PodObservation observation)
        {
        }

        public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken) => AsyncEnumerable.Empty<string>();

        public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PodId>>([]);

        public Task StopAsync(bool keepPods, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
