using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.AccessLogging;
using PodPool.Router.Forwarding;
using PodPool.Router.Holding;
using PodPool.Router.Instances;
using PodPool.Router.Refusing;
using PodPool.Router.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Router;

/// <summary>Answers every request of every caller.</summary>
/// <remarks>
/// <code>
///   (1) find the function ──none──► 404
///   (2) claim a place ──none──► (3) hold, unread ──refused──► 503 and the like
///    ▲       └────────┬──────────────┘
///    │                ▼
///    │        (4) forward ──answered──► done
///    └─nothing sent───┤
///                     └─sent, no answer──► (5) 502, 504
/// </code>
/// A warm request goes 1, 2, 4 without a lock, a timer or a middleware between.
/// </remarks>
internal sealed partial class RequestHandler(
    RouteBook routes, IHttpForwarder forwarder, HoldLimits limits, RouterOptions options, RouterMetrics metrics, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<RequestHandler> logger, AccessLog? accesses = null)
{
    private readonly CancellationToken _stopping = lifetime.ApplicationStopping;

    public Task HandleAsync(HttpContext context)
    {
        if (_stopping.IsCancellationRequested && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The caller's next request comes by a new connection, and so to a router that stays.
            context.Response.OnStarting(static response => CloseAfter((HttpResponse)response), context.Response);
        }

        // :: (1)
        var request = context.Request;
        if (routes.Table.Find(request.Host.Value, request.Path.Value, out var prefixLength) is not { } function)
        {
            return routes.FirstTold.IsCompleted
                ? RefuseAsync(context, null, Refusals.NotFound(request.Host.Value ?? "", request.Path.Value ?? ""))
                : WaitForRoutesAsync(context);
        }

        // :: (2)
        return ServeAsync(context, new(function, prefixLength, time) { Instance = function.TryClaim(), Came = accesses?.Now() ?? 0 });
    }

    private static Task CloseAfter(HttpResponse response)
    {
        response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    private async Task ServeAsync(HttpContext context, Exchange exchange)
    {
        while (true)
        {
            // :: (3)
            if (exchange.Instance is null && !await HoldAsync(context, exchange).ConfigureAwait(false))
            {
                break;
            }

            // :: (4)
            var instance = exchange.Instance!;
            ForwarderError error;
            try
            {
                if (!exchange.TryBegin(context))
                {
                    await RefuseAsync(context, exchange.Function, Refusals.NotRepeatable(exchange.Function.Id)).ConfigureAwait(false);
                    break;
                }

                error = await forwarder.SendAsync(
                    context, Exchange.Destination, instance.Connections.Client, exchange.ConfigFor(context), exchange).ConfigureAwait(false);
            }
            finally
            {
                exchange.Function.Release(instance);
            }

            if (error == ForwarderError.None && exchange.NotServed == Reason.Unspecified)
            {
                break;
            }

            if (!await TriesAgainAsync(context, exchange, instance, error).ConfigureAwait(false))
            {
                break;
            }
        }

        exchange.End();
        if (accesses is not null && !exchange.Function.IsRehearsal)
        {
            accesses.Note(context, exchange.Function.Id, exchange.Came, exchange.Outcome, exchange.Held, exchange.Instance?.Id);
        }

        if (exchange.Timing is { } timing)
        {
            var total = TimeSpan.Zero;
            foreach (var (phase, took) in timing.Phases)
            {
                metrics.Started(exchange.Function, timing.Outcome, phase, took);
                total += took;
            }

            metrics.Started(exchange.Function, timing.Outcome, PhaseNames.Total, total);
        }
    }

    /// <returns>Whether it has an instance now; if not, it is answered, or nobody is there to answer.</returns>
    private async ValueTask<bool> HoldAsync(HttpContext context, Exchange exchange)
    {
        var function = exchange.Function;
        var begun = time.GetTimestamp();
        var isRetry = exchange.HeldSince is not null || exchange.Avoid is not null;
        exchange.HeldSince ??= begun;
        var weight = HeldWeight.Of(context.Request, options.BodyBuffer);
        if (!limits.TryEnter(weight))
        {
            await RefuseAsync(context, function, limits.IsClosed ? Refusals.ShuttingDown() : Refusals.RouterFull(function.Id)).ConfigureAwait(false);
            return false;
        }

        metrics.Held(function);
        Placement placement;
        try
        {
            var deadline = exchange.HeldSince.Value + (long)(limits.Time.TotalSeconds * time.TimestampFrequency);
            placement = await function.HoldAsync(new(begun, deadline, isRetry) { Avoid = exchange.Avoid }, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            limits.Leave(weight);
        }

        var waited = time.GetElapsedTime(begun);
        exchange.Held += waited;
        (exchange.Instance, exchange.Outcome) = (placement.Instance, placement.Outcome);
        metrics.Placed(function, waited, placement.Refusal?.Reason.WireName() ?? (placement.Instance is null ? "left" : placement.Outcome));
        if (placement.Refusal is { } refusal)
        {
            await RefuseAsync(context, function, refusal).ConfigureAwait(false);
        }

        return placement.Instance is not null;
    }

    /// <summary>Nothing came of an attempt: again elsewhere if nothing of the request was sent, else the caller is told.</summary>
    private async ValueTask<bool> TriesAgainAsync(HttpContext context, Exchange exchange, Instance instance, ForwarderError error)
    {
        var function = exchange.Function;
        if (exchange.NotServed != Reason.Unspecified)
        {
            Log.NotServed(logger, function.Id, instance.Id, instance.Address, exchange.NotServed);
            function.NotServed(instance, exchange.NotServed);
            return Again(exchange.NotServed);
        }

        var failure = context.GetForwarderErrorFeature()?.Exception;
        if (FindDial(failure) is { } dial && !context.RequestAborted.IsCancellationRequested)
        {
            Log.Unreachable(logger, function.Id, instance.Id, dial.Message);
            function.Unreachable(instance);
            exchange.Avoid = [.. exchange.Avoid ?? [], instance];
            return Again(Reason.PodGone);
        }

        // :: (5)
        if (context.RequestAborted.IsCancellationRequested || context.Response.HasStarted)
        {
            // Nobody to tell, or no place to tell it: the forwarder has cut the connection.
            Log.Broken(logger, function.Id, instance.Id, error, failure?.Message);
            return false;
        }

        Refusal? refusal = error switch
        {
            ForwarderError.RequestTimedOut => Refusals.Timeout(function.Id, function.Routing.Timeout),
            ForwarderError.RequestCreation => Refusals.CannotForward(failure?.Message ?? "it is no valid request"),
            ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled or ForwarderError.RequestCanceled => null,
            _ => Refusals.InstanceGone(function.Id, instance.Id),
        };
        if (refusal is null)
        {
            Log.Broken(logger, function.Id, instance.Id, error, failure?.Message);
            return false;
        }

        if (refusal.Reason == Reason.InstanceGone)
        {
            Log.Gone(logger, function.Id, instance.Id, error, failure);
            function.Lost(instance);
        }

        await RefuseAsync(context, function, refusal, exchange.Outcome).ConfigureAwait(false);
        return false;

        bool Again(Reason reason)
        {
            metrics.Retried(function, reason);
            context.Response.Clear();
            context.Features.Set<IForwarderErrorFeature>(null);
            exchange.HeldSince ??= time.GetTimestamp();
            exchange.Instance = function.TryClaim(exchange.Avoid);
            return true;
        }
    }

    private static DialException? FindDial(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is DialException dial)
            {
                return dial;
            }
        }

        return null;
    }

    /// <summary>The router is new, and no manager has said yet what functions there are.</summary>
    private async Task WaitForRoutesAsync(HttpContext context)
    {
        var weight = HeldWeight.Of(context.Request, options.BodyBuffer);
        if (!limits.TryEnter(weight))
        {
            await RefuseAsync(context, null, Refusals.NoManagerYet(TimeSpan.Zero)).ConfigureAwait(false);
            return;
        }

        try
        {
            await routes.FirstTold.WaitAsync(limits.Time, time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await RefuseAsync(context, null, Refusals.NoManagerYet(limits.Time)).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            limits.Leave(weight);
        }

        await HandleAsync(context).ConfigureAwait(false);
    }

    private Task RefuseAsync(HttpContext context, Function? function, Refusal refusal, string? outcome = null)
    {
        metrics.Refused(function, refusal.Reason);
        Log.Refused(logger, function?.Tag, refusal.Reason, refusal.Message);
        return Problem.WriteAsync(context, refusal, outcome);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Refused a request of {Function}: {Reason}, {Detail}")]
        public static partial void Refused(ILogger logger, string? function, Reason reason, string detail);

        [LoggerMessage(2, LogLevel.Warning, "Cannot reach {Instance} of {Function}, nothing was sent: {Detail}")]
        public static partial void Unreachable(ILogger logger, FunctionId function, string instance, string detail);

        [LoggerMessage(3, LogLevel.Warning, "{Address} does not serve as {Instance} of {Function}: {Reason}")]
        public static partial void NotServed(ILogger logger, FunctionId function, string instance, string address, Reason reason);

        [LoggerMessage(4, LogLevel.Warning, "{Instance} of {Function} ended with a request in it: {Error}")]
        public static partial void Gone(ILogger logger, FunctionId function, string instance, ForwarderError error, Exception? exception);

        [LoggerMessage(5, LogLevel.Debug, "A request of {Function} at {Instance} broke off: {Error}, {Detail}")]
        public static partial void Broken(ILogger logger, FunctionId function, string instance, ForwarderError error, string? detail);
    }
}
