using System.Globalization;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;
using CoreLoad = PodPool.Core.FunctionLoad;

namespace PodPool.Manager.Routing;

/// <summary>What routers ask and tell.</summary>
internal sealed class PoolService(
    PoolSet pools, FunctionRegistry functions, RouterHub routers, Routes routes, EventJournal events, Leadership leadership, TimeProvider time,
    IHostApplicationLifetime lifetime)
    : Contracts.V1.Pool.PoolBase
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The answer must arrive before the caller's own clock ends the call: a refusal says why, that does not.</summary>
    private static readonly TimeSpan TravelTime = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public override async Task<AcquireResponse> Acquire(AcquireRequest request, ServerCallContext context)
    {
        var term = leadership.Require();
        var load = LoadOf(request.RouterId, request.Load);
        var pool = pools.PoolOf(load.Function) ?? throw Unserved(load.Function);
        using var ending = term.Over.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, term.Over) : null;
        AcquireAnswer answer;
        try
        {
            answer = await pool.AcquireAsync(load, TimeoutOf(context), ending?.Token ?? context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Reason.ShuttingDown.ToException("the manager stops");
        }
        catch (OperationCanceledException) when (term.Over.IsCancellationRequested)
        {
            throw Leadership.NotLeader();
        }

        switch (answer)
        {
            case AcquireAnswer.Instance started:
                if (started.Phases != default)
                {
                    events.StartAnswered(load.Function, started);
                }

                return new()
                {
                    Instance = routes.InstanceOf(new(started.Pod, started.Revision, started.Miss, started.Phases))
                        ?? throw Reason.PodGone.ToException($"the pod {started.Pod} is gone", ("pod", started.Pod.Value)),
                };
            case AcquireAnswer.Refused refused:
                throw Refusal(load.Function, refused);
            default:
                throw Reason.Internal.ToException($"an answer of an unknown kind: {answer.GetType().Name}");
        }
    }

    /// <inheritdoc/>
    public override Task Connect(IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
        => LeaderStream.RunAsync(
            leadership, lifetime,
            leaving => GreetAsync(requestStream, leaving),
            (router, term, ending) => ServeAsync(router, term.Epoch, requestStream, responseStream, ending), context.CancellationToken);

    /// <summary>Phases on the wire: microseconds.</summary>
    public static Phases PhasesOf(TimeSpan queued, StartPhases phases) => new()
    {
        Queue = Microseconds(queued),
        Claim = Microseconds(phases.Claim),
        Transfer = Microseconds(phases.Transfer),
        Load = Microseconds(phases.Load),
        Start = Microseconds(phases.Start),
    };

    private static async Task<string> GreetAsync(IAsyncStreamReader<RouterMessage> messages, CancellationToken cancellationToken)
        => await messages.MoveNext(cancellationToken).ConfigureAwait(false) && messages.Current.Hello is { RouterId.Length: > 0 } hello
            ? hello.RouterId
            : throw Reason.InvalidArgument.ToException("the first message of a router must be a hello with its id", ("field", "hello"));

    private async Task ServeAsync(
        string router, ulong epoch, IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, CancellationTokenSource ending)
    {
        // Registered before the snapshot is read: what changes after it is told, and no instance drains before this router agreed.
        var connection = routers.Add(router);
        foreach (var pool in pools.All)
        {
            pool.RouterConnected(router);
        }

        var reading = ReadAsync(connection, requestStream, ending);
        try
        {
            var version = routers.NextVersion();
            connection.Take(version, routes.Versions());
            await responseStream.WriteAsync(routes.Snapshot(version, epoch), ending.Token).ConfigureAwait(false);
            while (true)
            {
                await connection.WaitAsync(ending.Token).ConfigureAwait(false);
                version = routers.NextVersion();
                var changed = connection.Take(version, routes.Versions());
                await responseStream.WriteAsync(routes.Update(version, epoch, changed, snapshot: false), ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // If what the router said made no sense, it shall hear so.
            await reading.ConfigureAwait(false);
            throw;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (routers.Remove(connection))
            {
                foreach (var pool in pools.All)
                {
                    pool.RouterGone(router);
                }
            }
        }
    }

    private async Task ReadAsync(RouterConnection connection, IAsyncStreamReader<RouterMessage> messages, CancellationTokenSource ending)
    {
        try
        {
            while (await messages.MoveNext(ending.Token).ConfigureAwait(false))
            {
                Take(connection, messages.Current);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Take(RouterConnection connection, RouterMessage message)
    {
        switch (message.MessageCase)
        {
            case RouterMessage.MessageOneofCase.Load when message.Load.Function is { } function:
                // A router reports what it still holds of a function that was deleted; nobody counts it.
                pools.PoolOf(new(function.Namespace, function.Name))?.Report(LoadOf(connection.Router, message.Load));
                break;
            case RouterMessage.MessageOneofCase.Ack when connection.Acknowledged((long)message.Ack.Version) is { } versions:
                foreach (var (pool, version) in versions)
                {
                    pools.Find(pool)?.RouterAcknowledged(connection.Router, version);
                }

                break;
            case RouterMessage.MessageOneofCase.Suspect:
                _ = pools.SuspectAsync(new(message.Suspect.InstanceId));
                break;
            default:
                break;
        }
    }

    private TimeSpan TimeoutOf(ServerCallContext context)
    {
        if (context.Deadline == DateTime.MaxValue)
        {
            return DefaultTimeout;
        }

        var left = context.Deadline - time.GetUtcNow().UtcDateTime;
        return left > 2 * TravelTime ? left - TravelTime : left > TimeSpan.Zero ? left / 2 : TimeSpan.Zero;
    }

    private static CoreLoad LoadOf(string router, Contracts.V1.FunctionLoad? load)
    {
        if (router.Length == 0 || load is null || load.Waiting < 0 || load.InFlight < 0)
        {
            throw Reason.InvalidArgument.ToException("an acquire needs the router's id and its load, which is not negative", ("field", router.Length == 0 ? "router_id" : "load"));
        }

        return new(router, FunctionRules.NameOf(load.Function), load.Sequence, load.Waiting, load.InFlight);
    }

    /// <summary>Why a function has no pool that serves it.</summary>
    private RpcException Unserved(Core.FunctionName function)
        => functions.Broken.TryGetValue(function, out var broken) ? NotReady(function, broken.Message)
            : functions.All.TryGetValue(function, out var record) ? NotReady(function, $"there is no pool '{record.Spec.Pool}'")
            : NotFound(function);

    private static RpcException NotReady(Core.FunctionName function, string why)
        => Reason.FunctionNotReady.ToException($"the function {function} cannot be served: {why}", ("function", function.ToString()));

    private static RpcException NotFound(Core.FunctionName function)
        => Reason.FunctionNotFound.ToException($"there is no function {function}", ("function", function.ToString()));

    private static RpcException Refusal(Core.FunctionName function, AcquireAnswer.Refused refused)
    {
        var name = ("function", function.ToString());
        var retryAfter = ("retry_after_ms", Math.Ceiling(refused.RetryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        var fault = refused.Fault;
        return refused.Why switch
        {
            RefusalReason.FunctionNotFound => NotFound(function),
            RefusalReason.FunctionDeleted => Reason.FunctionDeleted.ToException($"the function {function} was deleted", name),
            RefusalReason.PoolEmpty => Reason.PoolEmpty.ToException($"the pool has no warm pod for {function}", name, retryAfter),
            RefusalReason.ScaleLimit => Reason.ScaleLimit.ToException($"all instances of {function} are busy, and it may have no more", name, retryAfter),
            RefusalReason.StartTimedOut => Reason.DeadlineExceeded.ToException($"the start of {function} did not end in time", name, retryAfter),
            RefusalReason.BreakerOpen => Reason.BreakerOpen.ToException(
                $"{function} failed to start lately ({fault?.Message}) and is not tried again yet", name, retryAfter, ("cause", fault?.Reason ?? "")),
            RefusalReason.PodsFailed => Reason.PodGone.ToException($"the pods taken for {function} failed; the last: {fault?.Message}", name, retryAfter, ("cause", fault?.Reason ?? "")),
            _ => ReasonOf(fault).ToException(fault?.Message ?? $"{function} did not start", name, retryAfter),
        };
    }

    private static Reason ReasonOf(StartFault? fault) => ReasonErrors.ParseReason(fault?.Reason) is var reason and not Reason.Unspecified ? reason : Reason.Internal;

    private static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;
}
