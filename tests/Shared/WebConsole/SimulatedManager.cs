using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager;
using PodPool.Manager.Functions;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;
using FunctionName = PodPool.Core.FunctionName;
using PodPhase = PodPool.Core.PodPhase;

namespace PodPool.WebConsole.Simulating;

/// <summary>A whole manager with a console, whose books are told of pods that do not exist: so there can be thousands.</summary>
internal sealed class SimulatedManager : IAsyncDisposable
{
    private const string Router = "router";

    private readonly Lock _gate = new();
    private readonly Queue<PodId> _warm = new();
    private int _pods;
    private ulong _sequence;

    private SimulatedManager(WebApplication host) => Host = host;

    public WebApplication Host { get; }

    /// <summary>The page.</summary>
    public Uri Page => new(ManagerHost.ConsoleOf(Host)!, "/console");

    public PoolRunner Pool => Host.Services.GetRequiredService<PoolSet>().Find(PoolOptions.DefaultName)!;

    public EventJournal Journal => Host.Services.GetRequiredService<EventJournal>();

    /// <summary>Starts one that leads.</summary>
    /// <param name="folder">For what it keeps; short.</param>
    /// <param name="warm">Warm pods that its only pool keeps.</param>
    /// <param name="configure">More of the host.</param>
    /// <param name="change">Other options.</param>
    public static async Task<SimulatedManager> StartAsync(string folder, int warm, Action<WebApplicationBuilder>? configure = null, Func<ManagerOptions, ManagerOptions>? change = null)
    {
        var options = new ManagerOptions
        {
            StateFolder = Path.Combine(folder, "state"),
            RuntimeFolder = folder,
            Listen = "unix:" + Path.Combine(folder, "m.sock"),
            Console = "http://127.0.0.1:0",
            Rehearse = false,
            KeepPods = true,

            // What it would look for does not exist.
            SweepEvery = TimeSpan.FromMinutes(10),
            Pools =
            [
                new()
                {
                    Warm = warm, RefillPerSecond = 1000, RefillBurst = 10_000, RefillParallelism = 10_000, RefillYield = TimeSpan.Zero, RefillQuiet = TimeSpan.Zero, PrefetchBytes = 0,
                },
            ],
        };
        var platform = new SimulatedPlatform();
        var host = ManagerHost.Build(change?.Invoke(options) ?? options, builder =>
        {
            builder.Services.AddSingleton<IPodPlatform>(platform);
            configure?.Invoke(builder);
        });
        var manager = new SimulatedManager(host);
        platform.Ordered = (pod, _) => manager.BecomeWarm(pod);
        platform.Ended = pod => manager.Pool.PodGone(pod, "it was ended");
        await host.StartAsync();
        manager.Pool.RouterConnected(Router);
        return manager;
    }

    /// <summary>Declares a function.</summary>
    public FunctionName AddFunction(string name)
    {
        var spec = FunctionRules.Complete(new()
        {
            Function = new() { Namespace = "default", Name = name },
            EntryPoint = "E",
            Files = { new PackageFile { Path = "E.dll", Size = 1, Sha256 = ByteString.CopyFrom(new byte[32]) } },
            Scale = new() { IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromDays(1)) },
        });
        var digest = PackageRules.Digest(spec.Files);
        var record = new FunctionRecord(FunctionRules.NameOf(spec.Function), spec, FunctionRules.RevisionOf(spec, digest), digest, TimeProvider.System.GetUtcNow());
        Host.Services.GetRequiredService<FunctionRegistry>().Set(record);
        Pool.SetFunction(record.Core);
        return record.Name;
    }

    /// <summary>An instance of a function appears, as when a manager finds what an earlier one left.</summary>
    public PodId Serve(FunctionName function)
    {
        var pod = new PodId(string.Create(CultureInfo.InvariantCulture, $"instance-{Interlocked.Increment(ref _pods)}"));
        var revision = Host.Services.GetRequiredService<FunctionRegistry>().All[function].Revision;
        Pool.Observed(new(pod, PodPhase.Serving, NodeOf(_pods), new PodBinding(function, revision, new(pod.Value))));
        return pod;
    }

    /// <summary>The figures of a start, as a claim leaves them.</summary>
    public void CountStart(FunctionName function, PodId pod, StartPhases phases)
    {
        Journal.Started(function, pod, phases);
        var spec = Host.Services.GetRequiredService<FunctionRegistry>().All[function].Core;
        Host.Services.GetRequiredService<ManagerMetrics>().Specialized(spec, phases, phases.Claim + phases.Transfer + phases.Load + phases.Start);
    }

    /// <summary>What a router has of a function.</summary>
    public void Load(FunctionName function, int inFlight) => Pool.Report(new(Router, function, Interlocked.Increment(ref _sequence), Waiting: 0, inFlight));

    /// <summary>The oldest warm pod is lost; the pool orders another.</summary>
    public void LoseWarm()
    {
        PodId pod;
        lock (_gate)
        {
            pod = _warm.Dequeue();
        }

        Pool.PodGone(pod, "its node was lost");
    }

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync(CancellationToken.None);
        await Host.DisposeAsync();
    }

    private void BecomeWarm(PodId pod)
    {
        lock (_gate)
        {
            _warm.Enqueue(pod);
        }

        Pool.Observed(new(pod, PodPhase.Warm, NodeOf(_warm.Count)));
    }

    private static string NodeOf(int pod) => string.Create(CultureInfo.InvariantCulture, $"node-{pod % 50}");
}
