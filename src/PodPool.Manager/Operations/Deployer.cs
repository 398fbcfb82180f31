using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;
using PodPool.Manager.Packages;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;
using Name = PodPool.Core.FunctionName;
using WireSpec = PodPool.Contracts.V1.FunctionSpec;

namespace PodPool.Manager.Operations;

/// <summary>Puts functions in place, and takes them away.</summary>
internal sealed partial class Deployer(
    ManagerOptions options, FunctionRegistry functions, PackageChecks checks, ProfileStore profiles, FileCache files, PoolSet pools, PodDirectory pods,
    DoorHub doors, RouterHub routers, EventJournal events, TimeProvider time, ILogger<Deployer> logger) : IDisposable
{
    private static readonly TimeSpan DeletePatience = TimeSpan.FromSeconds(5);

    // Deploys are rare, and two at once could both find a host free.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Creates or changes a function; returns when it can be called as it is now.</summary>
    /// <exception cref="RpcException">As pool.proto lists them; the function is as it was before.</exception>
    public async Task<(FunctionRecord Record, bool Unchanged)> DeployAsync(WireSpec? asked, CancellationToken cancellationToken)
    {
        // 1. What can be told from the spec, and from the bytes.
        var spec = FunctionRules.Complete(asked);
        var name = FunctionRules.NameOf(spec.Function);
        var pool = pools.Find(spec.Pool) ?? throw Reason.PoolNotFound.ToException(
            $"there is no pool '{spec.Pool}'; there is {string.Join(", ", pools.All.Select(known => $"'{known.Name}'"))}", ("pool", spec.Pool));
        if (spec.Dapr is not null && !doors.KnowsAny(pool.TrustDomain))
        {
            throw Reason.DaprUnavailable.ToException($"{name} uses Dapr, and this platform has no door to it: start it with podpool local --dapr", ("function", name.ToString()));
        }

        spec.EntryPoint = await Task.Run(() => checks.Check(spec), cancellationToken).ConfigureAwait(false);
        var digest = PackageRules.Digest(spec.Files);
        var record = new FunctionRecord(name, spec, FunctionRules.RevisionOf(spec, digest), digest, time.GetUtcNow());
        if (record.ToManifest(options.StartTimeout).CalculateSize() > 4 << 20)
        {
            throw Reason.PackageTooLarge.ToException($"the manifest of {name} (file names and environment) is larger than 4 MiB: use fewer files or less environment");
        }

        // 2. Ready to be sent without a look at the disk, and whole.
        await LoadAsync(record, cancellationToken).ConfigureAwait(false);

        // 3. Into the books, one deploy at a time.
        FunctionRecord? before;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            before = functions.All.GetValueOrDefault(name);
            if (before is not null && before.Spec.Pool != spec.Pool)
            {
                throw Reason.InvalidArgument.ToException($"{name} draws on the pool '{before.Spec.Pool}'; to move it, delete it first", ("field", "pool"));
            }

            FunctionRules.CheckRoutes(spec, functions.All.Values);
            if (before is not null && before.Revision == record.Revision && before.Spec.Equals(spec))
            {
                record = before;
            }
            else
            {
                functions.Set(record);
                Log.Deployed(logger, name.ToString(), record.Revision);
            }

            // Also one that is as it was: it is to be tried again.
            pool.SetFunction(record.Core);
        }
        finally
        {
            _turn.Release();
        }

        // 4. Known to every router, and where it served before, served by the new revision.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.DeployTimeout);
        try
        {
            await routers.AcknowledgedAsync(name).WaitAsync(patience.Token).ConfigureAwait(false);
            await RolledOutAsync(pool, record, before, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Reason.DeadlineExceeded.ToException(
                $"{name} is deployed, but after {options.DeployTimeout.TotalSeconds:0} s revision {record.Revision} does not serve everywhere yet; describe it to see why", ("function", name.ToString()));
        }

        return (record, ReferenceEquals(record, before));
    }

    /// <summary>Takes a function out of routing; its instances drain after.</summary>
    /// <exception cref="RpcException">There is no such function.</exception>
    public async Task DeleteAsync(Name name, CancellationToken cancellationToken)
    {
        PoolRunner? pool;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            pool = pools.PoolOf(name);
            if (!functions.All.ContainsKey(name) && !functions.Broken.ContainsKey(name))
            {
                throw Reason.FunctionNotFound.ToException($"there is no function {name}", ("function", name.ToString()));
            }

            functions.Remove(name);
            pool?.RemoveFunction(name);
            events.Forget(name);
            profiles.Forget(name);
            Log.Deleted(logger, name.ToString());
        }
        finally
        {
            _turn.Release();
        }

        await routers.AcknowledgedAsync(name).WaitAsync(DeletePatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends every instance of a function; returns when they are gone.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="RpcException">There is no such function.</exception>
    public async Task<int> EvictAsync(Name name, CancellationToken cancellationToken)
    {
        var pool = pools.PoolOf(name) ?? throw Reason.FunctionNotFound.ToException($"there is no function {name}", ("function", name.ToString()));
        var evicted = pool.Evict(name);
        while (true)
        {
            var next = events.Next;
            if (evicted.All(pod => pods.Find(pod) is null))
            {
                return evicted.Count;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Brings all functions' files into memory, the lately deployed first, as far as there is room.</summary>
    public async Task LoadAllAsync(CancellationToken cancellationToken)
    {
        var room = options.FileCacheBytes;
        foreach (var record in functions.All.Values.OrderByDescending(record => record.DeployedAt))
        {
            room -= record.PackageSize;
            if (room < 0 || cancellationToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await LoadAsync(record, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException exception)
            {
                // The claim that needs the file will say so to its caller.
                Log.NotLoaded(logger, record.Name.ToString(), exception.Status.Detail);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task LoadAsync(FunctionRecord record, CancellationToken cancellationToken)
    {
        if (await files.ReadAheadAsync(record.Spec.Files, cancellationToken).ConfigureAwait(false) is var (file, why))
        {
            throw Reason.FileMissing.ToException($"the stored file '{file.Path}' cannot be read ({why}): upload it again", ("file", file.Path));
        }
    }

    private async Task RolledOutAsync(PoolRunner pool, FunctionRecord record, FunctionRecord? before, CancellationToken cancellationToken)
    {
        if (before is null || before.Revision == record.Revision)
        {
            return;
        }

        while (true)
        {
            var next = events.Next;
            if (pool.StatusOf(record.Name) is not { } status || status.Spec.Revision != record.Revision)
            {
                return;
            }

            if (IsServed(pool, record))
            {
                await routers.AcknowledgedAsync(record.Name).WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }

            if (status.LastFault is { OfCode: true } fault)
            {
                await RollBackAsync(pool, before, record).ConfigureAwait(false);
                throw ReasonErrors.ParseReason(fault.Reason).ToException(
                    $"revision {record.Revision} of {record.Name} does not start: {fault.Message}; revision {before.Revision} goes on serving", ("function", record.Name.ToString()), ("cause", fault.Reason));
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsServed(PoolRunner pool, FunctionRecord record) => pool.RouteOf(record.Name).Instances.All(instance => instance.Revision == record.Revision);

    /// <summary>A deploy that failed leaves the function as it was, unless somebody deployed again meanwhile.</summary>
    private async Task RollBackAsync(PoolRunner pool, FunctionRecord before, FunctionRecord failed)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (ReferenceEquals(functions.All.GetValueOrDefault(failed.Name), failed))
            {
                functions.Set(before);
                pool.SetFunction(before.Core);
                Log.RolledBack(logger, failed.Name.ToString(), failed.Revision, before.Revision);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Function} is deployed as revision {Revision}", EventName = "Deployed")]
        public static partial void Deployed(ILogger logger, string function, string revision);

        [LoggerMessage(2, LogLevel.Information, "{Function} is deleted", EventName = "Deleted")]
        public static partial void Deleted(ILogger logger, string function);

        [LoggerMessage(3, LogLevel.Warning, "Revision {Failed} of {Function} does not start; revision {Before} goes on", EventName = "RolledBack")]
        public static partial void RolledBack(ILogger logger, string function, string failed, string before);

        [LoggerMessage(4, LogLevel.Error, "Files of {Function} could not be read: {Message}", EventName = "NotLoaded")]
        public static partial void NotLoaded(ILogger logger, string function, string message);
    }
}
