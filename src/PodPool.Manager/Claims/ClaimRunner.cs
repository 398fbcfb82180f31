using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Claims;

/// <summary>Carries out claims: signs, and sends a warm pod what it does not hold.</summary>
/// <remarks>
/// The heart of a first request. Runs on the thread of the acquire up to the first write that does not complete at once: the
/// channel is open, the manifest serialized, the files in memory; what is left is one signature and the bytes.
/// </remarks>
internal sealed partial class ClaimRunner(
    FunctionRegistry functions, RevisionCache revisions, ProfileStore profiles, FileCache files, ClaimKey key, DoorClaims doors, PodDirectory pods, IPodPlatform platform,
    EventJournal events, ManagerMetrics metrics, TimeProvider time, ILogger<ClaimRunner> logger)
{
    // Not flushed alone: what follows goes along.
    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);
    private static readonly WriteOptions Last = new();

    /// <summary>How long an instance gets to answer its first request, before its start profile is not waited for any more.</summary>
    private static readonly TimeSpan ProfilePatience = TimeSpan.FromMinutes(1);

    /// <summary>Carries out a claim and tells the pool what came of it. Never throws.</summary>
    /// <param name="pool">Whose pod it is.</param>
    /// <param name="order">The claim.</param>
    /// <param name="parent">What asked for it.</param>
    public async Task RunAsync(PoolRunner pool, ClaimOrder order, ActivityContext parent)
    {
        var begun = time.GetTimestamp();
        using var activity = ManagerActivities.StartSpecialize(order, parent);
        var link = pods.Find(order.Pod);
        try
        {
            if (link is null)
            {
                throw Reason.PodGone.ToException($"the pod {order.Pod} is gone");
            }

            var phases = await SpecializeAsync(link, order, begun).ConfigureAwait(false);
            var took = time.GetElapsedTime(begun);
            metrics.Specialized(order.Function, phases, took);
            events.Started(order.Function.Name, order.Pod, phases);
            pool.Specialized(order.Claim, phases, took);
        }
        catch (Exception exception)
        {
            var fault = FaultOf(exception, order);
            Log.Failed(logger, order.Pod.Value, order.Function.Name.ToString(), fault.Reason, fault.Message);
            if (fault.Reason == Reason.Internal.WireName())
            {
                Log.Unexpected(logger, exception, order.Pod.Value);
            }

            activity?.SetStatus(ActivityStatusCode.Error, fault.Reason);
            metrics.SpecializationFailed(order.Function, fault.Reason);
            pool.SpecializationFailed(order.Claim, fault);
        }
        finally
        {
            link?.EndSpecialize();
        }
    }

    private async Task<StartPhases> SpecializeAsync(PodLink link, ClaimOrder order, long begun)
    {
        // 1. What is to be sent: from memory.
        var record = functions.Find(order.Function.Name, order.Function.Revision)
            ?? throw Reason.FunctionDeleted.ToException($"the function {order.Function.Name} was changed or deleted meanwhile");
        var revision = revisions.Get(record);
        var profile = link.Runtime.Length == 0 ? StoredProfile.None : profiles.Find(order.Function.Name, order.Function.Revision, link.Runtime);
        var door = record.Spec.Dapr is null ? null : await doors.DoorOfAsync(link, record).ConfigureAwait(false);
        var header = Sign(order, revision, profile, door);
        var claimed = time.GetElapsedTime(begun);

        // 2. Send, beside listening: a pod may refuse before it has everything, and a write that is under way then need not come back.
        using var call = link.BeginSpecialize(order.Deadline);
        var answer = call.AnswerAsync();
        var sending = SendAsync(call.Requests, header, record, revision, link, order);
        try
        {
            if (await Task.WhenAny(sending, answer).ConfigureAwait(false) == sending)
            {
                // A file that cannot be read ends the claim; the pod would wait for it.
                await sending.ConfigureAwait(false);
            }

            // 4. The pod's answer.
            var response = await answer.ConfigureAwait(false);
            if (profile is null)
            {
                _ = KeepProfileAsync(link, order);
            }

            return new(claimed, Microseconds(response.Phases?.Transfer), Microseconds(response.Phases?.Load), Microseconds(response.Phases?.Start));
        }
        finally
        {
            // Ends what is still being written; no lease outlives the claim.
            call.Dispose();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The header, and the files that the pod lacks, each leased while it is on its way.</summary>
    private async Task SendAsync(
        IClientStreamWriter<SpecializeRequest> stream, SpecializeHeader header, FunctionRecord record, PreparedRevision revision, PodLink link, ClaimOrder order)
    {
        try
        {
            stream.WriteOptions = MoreFollows;
            await stream.WriteAsync(new() { Header = header }).ConfigureAwait(false);

            // 3. Beside the transfer: whatever else the platform wants to do about a claim.
            platform.ClaimStarted(order);
            if (record.Spec.Dapr is not null)
            {
                doors.Bind(link, record);
            }

            for (var file = 0; file < revision.Files.Count; file++)
            {
                if (!link.HeldFiles.Contains(revision.Files[file].Sha256))
                {
                    await SendAsync(stream, file, revision.Files[file]).ConfigureAwait(false);
                }
            }

            stream.WriteOptions = Last;
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // The pod answered before it had everything: its answer says why.
            Log.AnsweredEarly(logger, order.Pod.Value, exception.Message);
        }
    }

    private async Task SendAsync(IClientStreamWriter<SpecializeRequest> stream, int index, PackageFile file)
    {
        using var lease = await files.LeaseAsync(file).ConfigureAwait(false);
        foreach (var chunk in lease.Chunks)
        {
            await stream.WriteAsync(new() { Chunk = new() { File = index, Data = chunk } }).ConfigureAwait(false);
        }
    }

    private SpecializeHeader Sign(ClaimOrder order, PreparedRevision revision, StoredProfile? profile, DaprDoor? door)
    {
        var claim = new Claim
        {
            ClaimId = order.Claim.Value,
            PodId = order.Pod.Value,
            Revision = order.Function.Revision,
            ManifestSha256 = revision.ManifestDigest,
            ExpiresAt = Timestamp.FromDateTimeOffset(time.GetUtcNow() + order.Deadline),
            ProfileSha256 = profile?.Digest ?? ByteString.Empty,
            RecordProfile = profile is null,
            Dapr = door,
        }.ToByteArray();
        return new()
        {
            Claim = UnsafeByteOperations.UnsafeWrap(claim),
            Signature = UnsafeByteOperations.UnsafeWrap(key.Sign(claim)),
            Manifest = revision.Manifest,
            Profile = profile?.Bytes ?? ByteString.Empty,
        };
    }

    /// <summary>Waits beside everything else for what the first start of a revision recorded.</summary>
    private async Task KeepProfileAsync(PodLink link, ClaimOrder order)
    {
        try
        {
            var answer = await link.ProfileAsync(ProfilePatience).ConfigureAwait(false);
            if (answer.Recorded && answer.Profile.Length <= PackageLimits.MaxProfile)
            {
                profiles.Keep(order.Function.Name, order.Function.Revision, link.Runtime, answer.Profile);
                Log.Profiled(logger, order.Function.Name.ToString(), order.Function.Revision, answer.Profile.Length);
            }
        }
        catch (Exception exception) when (exception is RpcException or ObjectDisposedException)
        {
            // The instance ended first. The next one records.
        }
    }

    private static StartFault FaultOf(Exception exception, ClaimOrder order)
    {
        switch (exception)
        {
            // No pod of the node has it, and no other node is better: the pool looked for one.
            case RpcException rpc when rpc.ReasonOf() == Reason.DaprUnavailable:
                return new(OfCode: true, Reason.DaprUnavailable.WireName(), rpc.Status.Detail);
            case RpcException rpc when rpc.ReasonOf() is not Reason.Unspecified and var reason:
                return new(reason.IsFaultOfCode(), reason.WireName(), rpc.Status.Detail);
            case RpcException { StatusCode: StatusCode.DeadlineExceeded }:
                return Platform(Reason.DeadlineExceeded, string.Create(CultureInfo.InvariantCulture, $"the pod {order.Pod} did not answer within {order.Deadline.TotalSeconds:0.#} s"));
            case RpcException rpc:
                return Platform(Reason.PodGone, $"the pod {order.Pod} cannot be reached: {rpc.Status.Detail}");

            // No other pod would get the files either.
            case FileNotFoundException or DirectoryNotFoundException or InvalidDataException:
                return new(OfCode: true, Reason.FileMissing.WireName(), $"a file of the package is not in the store any more: deploy the function {order.Function.Name} again");
            default:
                return Platform(Reason.Internal, exception.Message);
        }

        static StartFault Platform(Reason reason, string message) => new(OfCode: false, reason.WireName(), message);
    }

    private static TimeSpan Microseconds(long? value) => TimeSpan.FromMicroseconds(value ?? 0);

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Debug, "The start of {Function} revision {Revision} is profiled: {Bytes} bytes", EventName = "Profiled")]
        public static partial void Profiled(ILogger logger, string function, string revision, int bytes);

        [LoggerMessage(1, LogLevel.Warning, "Pod {Pod} could not be specialized for {Function}: {Reason}: {Message}", EventName = "SpecializationFailed")]
        public static partial void Failed(ILogger logger, string pod, string function, string reason, string message);

        [LoggerMessage(2, LogLevel.Error, "Unexpected while pod {Pod} was specialized", EventName = "Unexpected")]
        public static partial void Unexpected(ILogger logger, Exception exception, string pod);

        [LoggerMessage(3, LogLevel.Debug, "Pod {Pod} answered before it had everything: {Message}", EventName = "AnsweredEarly")]
        public static partial void AnsweredEarly(ILogger logger, string pod, string message);
    }
}
