using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Runtime.Loading;

namespace PodPool.Runtime.Serving;

/// <summary>
/// What the function endpoint's Kestrel calls, with nothing between. Before a claim it answers 421 to everybody; afterwards
/// it hands Kestrel's own features to the bound function.
/// </summary>
internal sealed partial class FunctionApplication(TimeProvider time, ILogger<FunctionApplication> logger) : IHttpApplication<Exchange>
{
    private BoundFunction? _bound;
    private StartRecorder? _recorder;

    /// <summary>From now on requests go there; null: to nobody.</summary>
    public BoundFunction? Bound
    {
        get => Volatile.Read(ref _bound);
        set => Volatile.Write(ref _bound, value);
    }

    /// <summary>Who is told that a request was answered; null: nobody.</summary>
    public StartRecorder? Recorder
    {
        set => Volatile.Write(ref _recorder, value);
    }

    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        var exchange = contextFeatures is IHostContextContainer<Exchange> container ? container.HostContext ??= new() : new();
        exchange.Features = contextFeatures;
        return exchange;
    }

    public Task ProcessRequestAsync(Exchange exchange)
    {
        var bound = Bound;
        string? meant = exchange.Features.GetRequiredFeature<IHttpRequestFeature>().Headers[WireHeaders.Instance];
        return bound is null || meant != bound.InstanceId ? RefuseAsync(exchange, meant)
            : bound.Gate.TryEnter(exchange) ? RunAsync(exchange, bound)
            : Problem.TryWriteAsync(
                exchange.Features, StatusCodes.Status503ServiceUnavailable, "Shutting down", "the instance is draining; ask again, another one answers", Reason.ShuttingDown).AsTask();
    }

    public void DisposeContext(Exchange exchange, Exception? exception)
    {
        if (exchange.Bound is { } bound)
        {
            exchange.Bound = null;
            bound.Target.End(exchange);
            exchange.Clock!.Release();
            exchange.Fault = null;
            bound.Gate.Exit(exchange);
            if (_recorder is { } recorder)
            {
                _recorder = null;
                recorder.Answered();
            }
        }
    }

    private static Task<bool> RefuseAsync(Exchange exchange, string? meant) => Problem.TryWriteAsync(
        exchange.Features,
        StatusCodes.Status421MisdirectedRequest,
        "Misdirected request",
        meant is null ? $"requests to a pod carry the header {WireHeaders.Instance}" : $"this pod is not the instance {meant}",
        Reason.NotThisInstance).AsTask();

    private async Task RunAsync(Exchange exchange, BoundFunction bound)
    {
        exchange.Bound = bound;
        var features = exchange.Features;
        var clock = exchange.Clock ??= new(time, () => AnswerOverItsHeadAsync(exchange));
        clock.Begin(features.GetRequiredFeature<IHttpRequestLifetimeFeature>(), bound.Timeout);
        features.Set<IHttpRequestLifetimeFeature>(clock);
        try
        {
            bound.Target.Begin(exchange);
            await bound.Target.ProcessAsync(exchange).ConfigureAwait(false);
            await clock.EndAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            exchange.Fault = exception;
            var isTimeOver = clock.IsTimeOver;
            if (!await clock.EndAsync().ConfigureAwait(false))
            {
                await OnFaultAsync(exchange, bound, exception, isTimeOver).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask OnFaultAsync(Exchange exchange, BoundFunction bound, Exception exception, bool isTimeOver)
    {
        var (clock, features) = (exchange.Clock!, exchange.Features);
        if (clock.IsCallerGone && exception is OperationCanceledException or IOException)
        {
            // The two that Kestrel expects of one who reads from or writes to a caller that left. Nobody's fault: not in a span, nor in
            // an application's own telemetry.
            Log.CallerLeft(logger, exception);
            exchange.Fault = null;
            if (features.GetRequiredFeature<IHttpResponseFeature>() is { HasStarted: false } response)
            {
                response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            return;
        }

        bool answered;
        if (isTimeOver && exception is OperationCanceledException)
        {
            answered = await AnswerTimeoutAsync(exchange, bound).ConfigureAwait(false);
        }
        else if (exception is BadHttpRequestException bad)
        {
            Log.BadRequest(logger, bad);
            answered = await Problem.TryWriteAsync(features, bad.StatusCode, "Bad request", bad.Message, Reason.InvalidArgument).ConfigureAwait(false);
        }
        else
        {
            Log.Threw(logger, bound.Target.EntryPoint, exception);
            answered = await Problem.TryWriteAsync(
                features, StatusCodes.Status500InternalServerError, "Function error", "the function threw an exception; its log has it whole", Reason.FunctionError).ConfigureAwait(false);
        }

        if (!answered && !features.GetRequiredFeature<IHttpResponseFeature>().HasStarted)
        {
            // Bytes wait to be sent that nobody can take back: Kestrel makes it a 500, with them as its body.
            ExceptionDispatchInfo.Throw(exception);
        }

        if (!answered)
        {
            // Half a response cannot be taken back: cutting it off is the only way to say that it is not whole.
            clock.Abort();
        }
    }

    private async ValueTask<bool> AnswerOverItsHeadAsync(Exchange exchange)
    {
        try
        {
            if (!await AnswerTimeoutAsync(exchange, exchange.Bound!).ConfigureAwait(false))
            {
                return false;
            }

            await exchange.Features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
        {
            // The function began to answer at this very moment.
            Log.CallerLeft(logger, exception);
            return false;
        }
    }

    private ValueTask<bool> AnswerTimeoutAsync(Exchange exchange, BoundFunction bound)
    {
        Log.TimedOut(logger, bound.Target.EntryPoint, bound.Timeout!.Value);
        return Problem.TryWriteAsync(
            exchange.Features,
            StatusCodes.Status504GatewayTimeout,
            "Function timeout",
            $"the function did not answer within its {bound.Timeout.Value.TotalSeconds:0.###} s",
            Reason.FunctionTimeout,
            close: exchange.Features.GetRequiredFeature<IHttpRequestFeature>().Protocol == HttpProtocol.Http11);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{EntryPoint} threw", EventName = "FunctionThrew")]
        public static partial void Threw(ILogger logger, string entryPoint, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "{EntryPoint} did not answer within {Timeout}", EventName = "FunctionTimedOut")]
        public static partial void TimedOut(ILogger logger, string entryPoint, TimeSpan timeout);

        [LoggerMessage(3, LogLevel.Debug, "The caller left", EventName = "CallerLeft")]
        public static partial void CallerLeft(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Information, "Bad request", EventName = "BadRequest")]
        public static partial void BadRequest(ILogger logger, Exception exception);
    }
}
