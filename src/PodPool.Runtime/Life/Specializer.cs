using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Runtime.EntryPoints;
using PodPool.Runtime.Loader;
using PodPool.Runtime.Loading;
using PodPool.Runtime.Logging;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.Life;

/// <summary>Turns a warm pod into an instance, once.</summary>
/// <remarks>
/// <code>
///   header ─► 1 verify ─► 2 bind the pod ─► 3 receive, write, check ─► 4 load and bind ─► 5 start ─► serve
///             refused: warm still            └────────────────── failed: for good ──────────────┘
/// </code>
/// </remarks>
internal sealed partial class Specializer(
    PodLife life, ClaimVerifier verifier, string folder, HeldFiles held, StartRecorder recorder, FunctionApplication endpoint, JsonLogs logs,
    TimeProvider time, ILogger<Specializer> logger)
{
    private static readonly TimeSpan DefaultStartTimeout = TimeSpan.FromSeconds(30);

    private Surroundings? _surroundings;
    private FunctionLoadContext? _context;

    public PodLife Life => life;

    public HeldFiles Held => held;

    public StartRecorder Recorder => recorder;

    /// <summary>Takes files ahead of the claim.</summary>
    /// <returns>Bytes that were received.</returns>
    /// <exception cref="RefusalException">As loader.proto lists them.</exception>
    public async Task<long> PrefetchAsync(IAsyncStreamReader<PrefetchRequest> parts, CancellationToken cancellationToken)
    {
        if (!await parts.MoveNext(cancellationToken).ConfigureAwait(false) || parts.Current.PartCase != PrefetchRequest.PartOneofCase.Header)
        {
            throw new RefusalException(Reason.ClaimUnsigned, "the first message of the stream must be the header with the order", ("pod", life.PodId));
        }

        var order = verifier.Verify(parts.Current.Header);
        if (life.State.Phase is not PodPhase.PodWarm and var phase)
        {
            throw PodLife.NotWarm(life.PodId, phase);
        }

        var received = await held.ReceiveAsync(order, parts, life.PodId, cancellationToken).ConfigureAwait(false);
        life.Announce();
        return received;
    }

    /// <param name="parts">At its first message.</param>
    /// <param name="cancellationToken">The caller left.</param>
    /// <exception cref="RefusalException">As loader.proto lists them.</exception>
    public async Task<SpecializeResponse> SpecializeAsync(IAsyncStreamReader<SpecializeRequest> parts, CancellationToken cancellationToken)
    {
        if (parts.Current.PartCase != SpecializeRequest.PartOneofCase.Header)
        {
            throw new RefusalException(Reason.ClaimUnsigned, "the first message of the stream must be the header with the claim", ("pod", life.PodId));
        }

        // 1
        var begun = time.GetTimestamp();
        var (claim, manifest, profile) = verifier.Verify(parts.Current.Header);

        // 2
        if (!life.TryBind(new() { ClaimId = claim.ClaimId, Namespace = manifest.Namespace, Function = manifest.Function, Revision = manifest.Revision }))
        {
            return await life.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await RunAsync(parts, new(manifest, profile, claim.RecordProfile, claim.Dapr), begun, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            var refusal = exception switch
            {
                RefusalException known => known,
                OperationCanceledException or IOException when cancellationToken.IsCancellationRequested
                    => new(Reason.FileMissing, "the caller ended the stream before all files were sent", exception),
                IOException => new(Reason.FileMissing, $"the stream broke before all files were sent: {exception.Message}", exception),
                _ => new(Reason.Internal, $"{exception.GetType()}: {exception.Message}", exception),
            };
            Log.Failed(logger, manifest.Namespace, manifest.Function, manifest.Revision, refusal.Reason, exception);
            life.Fail(refusal);
            recorder.End();
            held.Drop();
            RemoveFiles();
        }

        return await life.Outcome.ConfigureAwait(false);
    }

    /// <summary>For the rehearsal: the process as it was, and no file left.</summary>
    public void Undo()
    {
        endpoint.Bound = null;
        endpoint.Recorder = null;
        recorder.End();
        _context?.Forget();
        _surroundings?.Dispose();
        logs.Identity = null;
        held.Dispose();
        RemoveFiles();
    }

    private async Task RunAsync(IAsyncStreamReader<SpecializeRequest> parts, Order order, long begun, CancellationToken cancellationToken)
    {
        var manifest = order.Manifest;
        await held.CloseAsync().ConfigureAwait(false);
        if (PackageRules.Check(manifest.Files) is { } fault)
        {
            throw new RefusalException(fault.Reason, fault.Message, ("file", fault.Path));
        }

        // 3
        var dropping = Task.Run(() => held.DropOthers(manifest.Files), CancellationToken.None);
        using (var receiver = new PackageReceiver(folder, manifest.Files, held.TryTake))
        {
            await receiver.ReceiveAsync(parts, static part => part.Chunk, cancellationToken).ConfigureAwait(false);
        }

        var phases = new Phases { Transfer = Microseconds(time.GetElapsedTime(begun)) };

        // From here on the caller's leaving changes nothing: asked again, the same claim gets the same answer.
        // On another thread and in no context: what the function starts now lives longer than this call.
        Task<string> loading;
        using (ExecutionContext.SuppressFlow())
        {
            loading = Task.Run(() => LoadAsync(order, phases, dropping), CancellationToken.None);
        }

        var limit = manifest.StartTimeout?.ToTimeSpan() ?? DefaultStartTimeout;
        try
        {
            var entryPoint = await loading.WaitAsync(limit, time, CancellationToken.None).ConfigureAwait(false);
            Log.Serving(logger, entryPoint, phases.Transfer, phases.Load, phases.Start);
            life.BecomeServing(new() { InstanceId = life.PodId, Phases = phases, EntryPoint = entryPoint });
        }
        catch (TimeoutException) when (!loading.IsCompleted)
        {
            throw new RefusalException(
                Reason.StartupTimeout, $"{manifest.EntryPoint}: loading and start-up did not end within {limit.TotalSeconds:0.###} s. Do less before the first request, or allow more time");
        }
    }

    private async Task<string> LoadAsync(Order order, Phases phases, Task dropping)
    {
        var manifest = order.Manifest;
        var stage = Reason.AssemblyInvalid;
        var begun = time.GetTimestamp();
        try
        {
            // 4
            var name = EntryPointName.Parse(manifest.EntryPoint);
            var identity = new FunctionIdentity(manifest.Namespace, manifest.Function, manifest.Revision, life.PodId);
            _surroundings = Surroundings.Of(manifest, order.Dapr, folder);
            logs.Identity = identity;
            _context = new FunctionLoadContext(new(folder, manifest.Files), name.Assembly);
            recorder.Begin(_context, order.Profile, order.Record);
            var assembly = _context.LoadEntryAssembly();

            // From here on code of the function may run, and other functions' files are none of its business.
            await dropping.ConfigureAwait(false);
            held.Drop();
            Surroundings.SetEntryAssembly(assembly);
            var gate = new RequestGate();
            FunctionTarget target;
            using (_context.EnterContextualReflection())
            {
                target = new FunctionBinder(assembly, name, folder, identity, logs, gate).Bind();
                phases.Load = Microseconds(time.GetElapsedTime(begun));

                // 5
                stage = Reason.StartupFailed;
                begun = time.GetTimestamp();
                await target.StartAsync().ConfigureAwait(false);
            }

            phases.Start = Microseconds(time.GetElapsedTime(begun));
            endpoint.Recorder = recorder;
            endpoint.Bound = new BoundFunction(life.PodId, manifest, target, gate);
            return target.EntryPoint;
        }
        catch (Exception exception)
        {
            throw LoadFaults.Explain(exception, manifest.EntryPoint, stage);
        }
    }

    private void RemoveFiles()
    {
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo { LinkTarget: null } directory)
                {
                    directory.Delete(recursive: true);
                }
                else
                {
                    entry.Delete();
                }
            }
        }
        catch (IOException exception)
        {
            Log.FilesStay(logger, folder, exception);
        }
    }

    private static long Microseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What a claim asks for.</summary>
    private sealed record Order(Manifest Manifest, StartProfile? Profile, bool Record, DaprDoor? Dapr);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Serving {EntryPoint}: transfer {Transfer} µs, load {Load} µs, start {Start} µs", EventName = "Serving")]
        public static partial void Serving(ILogger logger, string entryPoint, long transfer, long load, long start);

        [LoggerMessage(2, LogLevel.Error, "{Namespace}/{Function} revision {Revision} failed: {Reason}", EventName = "SpecializationFailed")]
        public static partial void Failed(ILogger logger, string @namespace, string function, string revision, Reason reason, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "The files in {Folder} could not be removed", EventName = "FilesStay")]
        public static partial void FilesStay(ILogger logger, string folder, Exception exception);
    }
}
