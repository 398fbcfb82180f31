using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;
using Event = PodPool.Contracts.V1.Event;

namespace PodPool.Manager.Operations;

/// <summary>What operators ask.</summary>
internal sealed class OperatorService(
    ManagerOptions options, Deployer deployer, PackagePublisher publisher, FunctionView view, PackageStore store, PoolSet pools, IPodPlatform platform, LogReader logs, EventJournal events, Leadership leadership,
    IHostApplicationLifetime lifetime)
    : Operator.OperatorBase
{
    private const int MaxWarm = 10_000;

    /// <inheritdoc/>
    public override Task<FindMissingFilesResponse> FindMissingFiles(FindMissingFilesRequest request, ServerCallContext context)
    {
        if (request.Files.Count > PackageLimits.MaxFiles)
        {
            throw Reason.PackageTooLarge.ToException($"{request.Files.Count} files were asked for; {PackageLimits.MaxFiles} are allowed", ("field", "files"));
        }

        var missing = request.Files.Where(file => !store.Holds(file)).Select(file => file.Sha256).Distinct();
        return Task.FromResult(new FindMissingFilesResponse { Sha256 = { missing } });
    }

    /// <inheritdoc/>
    public override async Task<UploadFilesResponse> UploadFiles(IAsyncStreamReader<UploadFilesRequest> requestStream, ServerCallContext context)
    {
        var stored = 0;
        PackageStore.Incoming? incoming = null;
        try
        {
            while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
            {
                var part = requestStream.Current;
                if (part.PartCase == UploadFilesRequest.PartOneofCase.Begin)
                {
                    await FinishAsync().ConfigureAwait(false);
                    incoming = store.Receive(part.Begin);
                }
                else if (part.PartCase != UploadFilesRequest.PartOneofCase.Data || incoming is null)
                {
                    throw Reason.InvalidArgument.ToException("bytes came before the file they belong to", ("field", "begin"));
                }
                else if (part.Data.Length > PackageLimits.MaxChunk)
                {
                    throw Reason.InvalidArgument.ToException($"a chunk has {part.Data.Length} bytes; {PackageLimits.MaxChunk} are allowed", ("field", "data"));
                }
                else
                {
                    await incoming.WriteAsync(part.Data.Memory, context.CancellationToken).ConfigureAwait(false);
                }
            }

            await FinishAsync().ConfigureAwait(false);
            return new() { Stored = stored };
        }
        finally
        {
            incoming?.Dispose();
        }

        async Task FinishAsync()
        {
            if (incoming is not null)
            {
                await incoming.FinishAsync(context.CancellationToken).ConfigureAwait(false);
                incoming.Dispose();
                incoming = null;
                stored++;
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<DeployResponse> Deploy(DeployRequest request, ServerCallContext context)
    {
        RequireOwner("kubectl apply a Function");
        var (record, unchanged) = await UntilStoppedAsync(context, token => deployer.DeployAsync(request.Spec, token)).ConfigureAwait(false);
        return new()
        {
            Function = record.Spec.Function,
            Revision = record.Revision,
            PackageDigest = record.PackageDigest,
            Unchanged = unchanged,
            Urls = { view.UrlsOf(record) },
        };
    }

    /// <inheritdoc/>
    public override Task<PublishPackageResponse> PublishPackage(PublishPackageRequest request, ServerCallContext context)
        => publisher.PublishAsync(request, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<ListFunctionsResponse> ListFunctions(ListFunctionsRequest request, ServerCallContext context)
        => Task.FromResult(new ListFunctionsResponse { Functions = { view.List(request.Namespace) } });

    /// <inheritdoc/>
    public override Task<FunctionStatus> DescribeFunction(FunctionName request, ServerCallContext context)
    {
        var name = FunctionRules.NameOf(request);
        return Task.FromResult(view.Describe(name) ?? throw Reason.FunctionNotFound.ToException($"there is no function {name}", ("function", name.ToString())));
    }

    /// <inheritdoc/>
    public override async Task<DeleteFunctionResponse> DeleteFunction(FunctionName request, ServerCallContext context)
    {
        RequireOwner("kubectl delete the Function");
        leadership.Require();
        await deployer.DeleteAsync(FunctionRules.NameOf(request), context.CancellationToken).ConfigureAwait(false);
        return new();
    }

    /// <inheritdoc/>
    public override async Task<EvictFunctionResponse> EvictFunction(FunctionName request, ServerCallContext context)
        => new() { Evicted = await UntilStoppedAsync(context, token => deployer.EvictAsync(FunctionRules.NameOf(request), token)).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task Logs(LogsRequest request, IServerStreamWriter<LogLine> responseStream, ServerCallContext context)
    {
        if (request.Tail < 0)
        {
            throw Reason.InvalidArgument.ToException($"tail is {request.Tail}; 0 (all) or more are allowed", ("field", "tail"));
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var line in LinesAsync(request, ending.Token).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(line, ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader left, or the manager stops.
        }
    }

    /// <inheritdoc/>
    public override async Task Watch(WatchRequest request, IServerStreamWriter<Event> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var watcher = events.Watch(request.Function is null ? null : FunctionRules.NameOf(request.Function));
        try
        {
            // The headers say that watching has begun.
            await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
            await foreach (var happened in watcher.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(happened, ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The watcher left, or the manager stops.
        }
        finally
        {
            events.Leave(watcher);
        }
    }

    /// <inheritdoc/>
    public override Task<ListPoolsResponse> ListPools(ListPoolsRequest request, ServerCallContext context)
        => Task.FromResult(new ListPoolsResponse { Pools = { pools.All.Select(FunctionView.Describe) } });

    /// <inheritdoc/>
    public override Task<PoolStatus> ResizePool(ResizePoolRequest request, ServerCallContext context)
    {
        RequireOwner("kubectl scale the RuntimePool");
        leadership.Require();
        var name = request.Pool.Length == 0 ? PoolOptions.DefaultName : request.Pool;
        var pool = pools.Find(name) ?? throw Reason.PoolNotFound.ToException($"there is no pool '{name}'", ("pool", name));
        if (request.Warm is < 0 or > MaxWarm)
        {
            throw Reason.InvalidArgument.ToException($"warm is {request.Warm}; 0 to {MaxWarm} are allowed", ("field", "warm"));
        }

        if (pool.SizesItself)
        {
            throw Reason.InvalidArgument.ToException($"the pool '{name}' sizes itself: start the manager without --miss-probability to give it a size", ("field", "warm"));
        }

        pools.Resize(pool, request.Warm);
        return Task.FromResult(FunctionView.Describe(pool));
    }

    /// <inheritdoc/>
    public override async Task<ManagerStatus> DescribeManager(DescribeManagerRequest request, ServerCallContext context) => new()
    {
        Version = typeof(OperatorService).Assembly.GetName().Version?.ToString(3) ?? "",
        Leads = leadership.Current is not null,
        Registry = publisher.Registry ?? "",
        RegistryProblem = await publisher.ProblemAsync(context.CancellationToken).ConfigureAwait(false),
    };

    /// <summary>On a cluster functions and pools are its objects: what was changed here would be changed back.</summary>
    private void RequireOwner(string instead)
    {
        if (options.Kubernetes is not null)
        {
            throw Reason.InvalidArgument.ToException($"this manager's functions and pools are objects of its cluster: {instead} instead", ("field", "server"));
        }
    }

    /// <summary>A leader's work, as long as it leads. What waits for pods or routers does not hold up the manager's stop.</summary>
    private async Task<T> UntilStoppedAsync<T>(ServerCallContext context, Func<CancellationToken, Task<T>> work)
    {
        var term = leadership.Require();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping, term.Over);
        try
        {
            return await work(ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Reason.ShuttingDown.ToException("the manager stops");
        }
        catch (OperationCanceledException) when (term.Over.IsCancellationRequested)
        {
            throw Leadership.NotLeader();
        }
    }

    private async IAsyncEnumerable<LogLine> LinesAsync(LogsRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerable<LogLine> lines;
        if (request.Pod.Length > 0)
        {
            // The name becomes part of a path.
            if (!request.Pod.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-'))
            {
                throw Reason.InvalidArgument.ToException($"'{request.Pod}' is no pod's name", ("field", "pod"));
            }

            lines = OfPodAsync(new(request.Pod), request, cancellationToken);
        }
        else
        {
            var function = FunctionRules.NameOf(request.Function);
            lines = request.Follow
                ? logs.FollowAsync(function, request.Tail, cancellationToken)
                : logs.ReadAsync(await platform.PodsOfAsync(function, cancellationToken).ConfigureAwait(false), request.Tail, cancellationToken);
        }

        await foreach (var line in lines.ConfigureAwait(false))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<LogLine> OfPodAsync(
        Core.PodId pod, LogsRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in platform.ReadLogAsync(pod, request.Tail, request.Follow, cancellationToken).ConfigureAwait(false))
        {
            yield return new() { Pod = pod.Value, Line = line };
        }
    }
}
