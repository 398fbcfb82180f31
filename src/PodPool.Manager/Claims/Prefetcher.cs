using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Pools;
using Name = PodPool.Core.FunctionName;
using PodPhase = PodPool.Core.PodPhase;

namespace PodPool.Manager.Claims;

/// <summary>
/// Gives idle warm pods the files of the functions they are likely to be claimed for, one pod after the other and only while no claim
/// is fresh: so that a first request sends nothing.
/// </summary>
internal sealed partial class Prefetcher(
    FunctionRegistry functions, FileCache files, ClaimKey key, PodDirectory pods, PoolSet pools, EventJournal events,
    TimeProvider time, ILogger<Prefetcher> logger)
{
    /// <summary>What happens together is answered once.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a plan holds while the functions are the same: starts alone shall not keep the pods busy.</summary>
    private static readonly TimeSpan PlanHolds = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Plan> _plans = [];

    /// <summary>Runs until it is ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = events.Next;
            foreach (var pool in pools.All.Where(pool => pool.Options.PrefetchBytes > 0))
            {
                await ServeAsync(pool, PlanOf(pool.Options), cancellationToken).ConfigureAwait(false);
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Settling, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(PoolRunner pool, Plan plan, CancellationToken cancellationToken)
    {
        foreach (var (pod, link) in pods.All.Where(pod => pod.Pod.Pool == pool.Name))
        {
            if (link.Observation.Phase != PodPhase.Warm || plan.Packages.SetEquals(link.HeldPackages) || plan.Refused.Contains(pod.Pod))
            {
                continue;
            }

            await pool.QuietAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await link.PrefetchAsync(plan.Digests, plan.Packages, stream => SendAsync(stream, plan, pod.Pod, link), Patience).ConfigureAwait(false);
                Log.Prefetched(logger, pod.Pod.Value, plan.Packages.Count);
            }
            catch (Exception exception) when (exception is RpcException or IOException or InvalidDataException or InvalidOperationException or OperationCanceledException)
            {
                // Not tried again with this plan. The pod is as good as before: its claim brings the files.
                cancellationToken.ThrowIfCancellationRequested();
                if (link.Observation.Phase == PodPhase.Warm)
                {
                    plan.Refused.Add(pod.Pod);
                }

                Log.NotPrefetched(logger, pod.Pod.Value, exception is RpcException rpc ? rpc.Status.Detail : exception.Message);
            }
        }
    }

    private async Task SendAsync(IClientStreamWriter<PrefetchRequest> stream, Plan plan, PodId pod, PodLink link)
    {
        var order = new PrefetchOrder(plan.Order) { PodId = pod.Value, ExpiresAt = Timestamp.FromDateTimeOffset(time.GetUtcNow() + Patience) }.ToByteArray();
        var held = link.HeldFiles;
        await stream.WriteAsync(new()
        {
            Header = new() { Order = UnsafeByteOperations.UnsafeWrap(order), Signature = UnsafeByteOperations.UnsafeWrap(key.Sign(SignedOrder.OfPrefetch(order))) },
        }).ConfigureAwait(false);
        for (var file = 0; file < plan.Order.Files.Count; file++)
        {
            if (held.Contains(plan.Order.Files[file].Sha256))
            {
                continue;
            }

            using var lease = await files.LeaseAsync(plan.Order.Files[file]).ConfigureAwait(false);
            foreach (var chunk in lease.Chunks)
            {
                await stream.WriteAsync(new() { Chunk = new() { File = file, Data = chunk } }).ConfigureAwait(false);
            }
        }

        await stream.CompleteAsync().ConfigureAwait(false);
    }

    private Plan PlanOf(PoolOptions pool)
    {
        var now = time.GetTimestamp();
        var all = functions.All;
        if (_plans.TryGetValue(pool.Name, out var plan) && ReferenceEquals(plan.Functions, all) && time.GetElapsedTime(plan.MadeAt, now) < PlanHolds)
        {
            return plan;
        }

        var ofPool = all.Values.Where(record => record.Spec.Pool == pool.Name).ToArray();
        var chosen = PrefetchPlan.Choose(ofPool.Select(CandidateOf), pool.PrefetchBytes);
        var made = plan is not null && plan.Packages.SetEquals(chosen) ? plan with { Functions = all, MadeAt = now } : Plan.Of(all, now, ofPool, chosen);
        _plans[pool.Name] = made;
        return made;
    }

    private PrefetchCandidate CandidateOf(FunctionRecord record)
        => new(record.PackageDigest, record.PackageSize, events.LastStart(record.Name) is { } start && start.At > record.DeployedAt ? start.At : record.DeployedAt);

    /// <summary>What the warm pods of a pool shall hold.</summary>
    private sealed record Plan(
        ImmutableDictionary<Name, FunctionRecord> Functions, long MadeAt, PrefetchOrder Order, FrozenSet<ByteString> Digests, FrozenSet<string> Packages)
    {
        /// <summary>Pods that did not take it.</summary>
        public HashSet<PodId> Refused { get; } = [];

        public static Plan Of(ImmutableDictionary<Name, FunctionRecord> functions, long madeAt, IReadOnlyList<FunctionRecord> records, IReadOnlyList<string> chosen)
        {
            var order = new PrefetchOrder();
            var places = new Dictionary<ByteString, int>();
            foreach (var digest in chosen)
            {
                var package = new PrefetchPackage { Digest = digest };
                foreach (var file in records.First(record => record.PackageDigest == digest).Spec.Files.Where(file => file.Size > 0))
                {
                    if (!places.TryGetValue(file.Sha256, out var place))
                    {
                        places.Add(file.Sha256, place = order.Files.Count);
                        order.Files.Add(new PackageFile(file) { Path = Convert.ToHexStringLower(file.Sha256.Span) });
                    }

                    package.Files.Add(place);
                }

                order.Packages.Add(package);
            }

            return new(functions, madeAt, order, places.Keys.ToFrozenSet(), chosen.ToFrozenSet());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Pod {Pod} holds the files of {Count} packages", EventName = "Prefetched")]
        public static partial void Prefetched(ILogger logger, string pod, int count);

        [LoggerMessage(2, LogLevel.Debug, "Pod {Pod} was not given files ahead of its claim: {Message}", EventName = "NotPrefetched")]
        public static partial void NotPrefetched(ILogger logger, string pod, string message);
    }
}
