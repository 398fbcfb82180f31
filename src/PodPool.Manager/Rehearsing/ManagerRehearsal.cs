using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager.Functions;
using PodPool.Manager.Observability;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Rehearsing;

/// <summary>
/// The manager's own part of a first request, run before the first caller comes: a second manager, in a folder of its own, with pods
/// that only answer, is asked for instances over its socket. What is compiled and connected for that is compiled for the first
/// caller too.
/// </summary>
internal static class ManagerRehearsal
{
    private const int Rounds = 3;

    /// <summary>Rehearses.</summary>
    /// <param name="folder">A short path to an empty folder; nothing is left of it.</param>
    /// <param name="runtimeFolder">Not used for anything but to be named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(string folder, string runtimeFolder, CancellationToken cancellationToken)
    {
        var options = new ManagerOptions
        {
            StateFolder = folder,
            RuntimeFolder = runtimeFolder,
            Listen = PodAddress.OfSocket(Path.Combine(folder, "socket")),
            Pools = [new() { Warm = 1, Max = 1, RefillPerSecond = 100, RefillYield = TimeSpan.Zero, PrefetchBytes = 0 }],
            ShutdownGrace = TimeSpan.Zero,
            Rehearse = false,
        };
        try
        {
            var manager = ManagerHost.Build(options, builder =>
            {
                builder.Services.AddSingleton<RehearsalPlatform>();
                builder.Services.AddSingleton<IPodPlatform>(provider => provider.GetRequiredService<RehearsalPlatform>());
                builder.Services.AddSingleton<RehearsalLoader>();

                // Nobody shall count what was only rehearsed.
                builder.Services.AddSingleton(provider => new ManagerMetrics(provider.GetRequiredService<IMeterFactory>(), ManagerMetrics.MeterName + ".Rehearsal"));
            });
            await using var disposing = manager.ConfigureAwait(false);
            manager.MapGrpcService<RehearsalLoader>();
            await AddFunctionAsync(manager.Services, cancellationToken).ConfigureAwait(false);
            await manager.StartAsync(cancellationToken).ConfigureAwait(false);
            await AskAsync(options.Listen, cancellationToken).ConfigureAwait(false);
            await manager.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static FunctionName Function => new() { Namespace = RehearsalFunction.Namespace, Name = RehearsalFunction.Name };

    private static async Task AddFunctionAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var bytes = RandomNumberGenerator.GetBytes(FileCache.ChunkSize * 2);
        var file = new PackageFile { Path = "Rehearsal.dll", Size = bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)) };
        using (var incoming = services.GetRequiredService<PackageStore>().Receive(file))
        {
            await incoming.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await incoming.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        var spec = FunctionRules.Complete(new()
        {
            Function = Function,
            EntryPoint = "Rehearsal",
            Files = { file },
            Environment = { ["NAME"] = "value" },
            Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
        });
        var digest = PackageRules.Digest(spec.Files);
        services.GetRequiredService<FunctionRegistry>().Set(
            new(FunctionRules.NameOf(Function), spec, FunctionRules.RevisionOf(spec, digest), digest, TimeProvider.System.GetUtcNow()));
    }

    private static async Task AskAsync(string address, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress("http://manager", new()
        {
            HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, token) => PodAddress.ConnectAsync(PodAddress.Parse(address), token), UseProxy = false },
            DisposeHttpClient = true,
        });
        var pool = new Contracts.V1.Pool.PoolClient(channel);
        var operators = new Operator.OperatorClient(channel);
        using var turn = new SemaphoreSlim(1);
        using var router = pool.Connect(cancellationToken: cancellationToken);
        await router.RequestStream.WriteAsync(new() { Hello = new() { RouterId = "rehearsal" } }, cancellationToken).ConfigureAwait(false);
        var acknowledging = AcknowledgeAsync();
        for (ulong round = 1; round <= Rounds; round++)
        {
            var load = new FunctionLoad { Function = Function, Sequence = 2 * round, Waiting = 1 };
            await pool.AcquireAsync(new() { RouterId = "rehearsal", Load = load }, deadline: Soon(), cancellationToken: cancellationToken);
            await TellAsync(new() { Load = new() { Function = Function, Sequence = (2 * round) + 1 } }).ConfigureAwait(false);
            await operators.EvictFunctionAsync(Function, deadline: Soon(), cancellationToken: cancellationToken);
        }

        await router.RequestStream.CompleteAsync().ConfigureAwait(false);
        await acknowledging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task AcknowledgeAsync()
        {
            while (await router.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                await TellAsync(new() { Ack = new() { Version = router.ResponseStream.Current.Version } }).ConfigureAwait(false);
            }
        }

        // One message at a time, as the stream wants it.
        async Task TellAsync(RouterMessage message)
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await router.RequestStream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    private static DateTime Soon() => TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(5);
}
