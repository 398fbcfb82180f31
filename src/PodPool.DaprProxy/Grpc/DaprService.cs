using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Http;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Grpc;

/// <summary>Dapr's gRPC API, as a function finds it: who calls is known, what it may not is refused, its keys are its own.</summary>
/// <param name="gate">Who may call.</param>
/// <param name="daprd">daprd's gRPC API.</param>
/// <param name="daprdToken">The token that daprd wants of its callers; null: none.</param>
/// <param name="callers">Which functions there are.</param>
/// <param name="functions">Calls them.</param>
internal sealed class DaprService(Gate gate, CallInvoker daprd, string? daprdToken, ICallers callers, FunctionInvocation functions)
{
    /// <summary>Invokes a function.</summary>
    /// <returns>Null: the target is none, but an application, which daprd knows.</returns>
    public Task<InvokeResponse>? TryInvokeFunction(InvokeServiceRequest request, ServerCallContext context)
        => FunctionTarget.PathIn(callers, request.Id) is { } function ? functions.InvokeAsync(function, request.Message ?? new(), Passing(context.RequestHeaders), context) : null;

    /// <summary>One request, one answer.</summary>
    public Task<TResponse> UnaryAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DaprMethod<TRequest, TResponse> rules, TRequest request, ServerCallContext context)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => PassAsync(rules, request, context, async (caller, space) =>
        {
            if (rules.Instead?.Invoke(this, request, context) is { } instead)
            {
                return await instead.ConfigureAwait(false);
            }

            using var call = daprd.AsyncUnaryCall(method, null, OptionsFor(context), request);
            await context.WriteResponseHeadersAsync(Passing(await call.ResponseHeadersAsync.ConfigureAwait(false))).ConfigureAwait(false);
            var answer = await call.ResponseAsync.ConfigureAwait(false);
            return rules.Outward is { } outward ? outward(answer, caller, space) : answer;
        });

    /// <summary>One request, answers until one of both ends it.</summary>
    public Task StreamAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DaprMethod<TRequest, TResponse> rules, TRequest request, IServerStreamWriter<TResponse> answers, ServerCallContext context)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => PassAsync(rules, request, context, async (caller, space) =>
        {
            using var call = daprd.AsyncServerStreamingCall(method, null, OptionsFor(context), request);
            await foreach (var answer in call.ResponseStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
            {
                await answers.WriteAsync(rules.Outward is { } outward ? outward(answer, caller, space) : answer, context.CancellationToken).ConfigureAwait(false);
            }

            return true;
        });

    /// <summary>Messages both ways, until one of both ends it.</summary>
    public Task PassUnreadAsync(Method<byte[], byte[]> method, IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> answers, ServerCallContext context)
        => EnterAsync(new DaprCall.Passed(method.Name), context, async _ =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
            using var call = daprd.AsyncDuplexStreamingCall(method, null, OptionsFor(context));
            var sending = SendAsync(requests, call.RequestStream, over.Token);
            try
            {
                await foreach (var answer in call.ResponseStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
                {
                    await answers.WriteAsync(answer, context.CancellationToken).ConfigureAwait(false);
                }

                foreach (var trailer in Passing(call.GetTrailers()))
                {
                    context.ResponseTrailers.Add(trailer);
                }

                return true;
            }
            finally
            {
                // Nobody reads on in a stream that the server uses for its next call.
                await over.CancelAsync().ConfigureAwait(false);
                await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });

    private static async Task SendAsync(IAsyncStreamReader<byte[]> requests, IClientStreamWriter<byte[]> daprd, CancellationToken over)
    {
        await foreach (var request in requests.ReadAllAsync(over).ConfigureAwait(false))
        {
            await daprd.WriteAsync(request, over).ConfigureAwait(false);
        }

        await daprd.CompleteAsync().ConfigureAwait(false);
    }

    private Task<T> PassAsync<TRequest, TResponse, T>(
        DaprMethod<TRequest, TResponse> rules, TRequest request, ServerCallContext context, Func<Caller, KeySpace?, Task<T>> pass)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var call = rules.CallOf(request);
        return EnterAsync(call, context, caller =>
        {
            var space = KeySpaces.Of(caller, call);
            if (rules.Inward is { } inward)
            {
                inward(request, space!);
            }

            return pass(caller, space);
        });
    }

    private async Task<T> EnterAsync<T>(DaprCall call, ServerCallContext context, Func<Caller, Task<T>> pass)
    {
        var http = context.GetHttpContext();
        var entry = await gate.EnterAsync(
            context.RequestHeaders.GetValue(DaprTransformer.TokenHeader), http.Connection.RemoteIpAddress, call, context.CancellationToken).ConfigureAwait(false);
        if (entry.Refusal is { } refusal)
        {
            throw Error(refusal.GrpcStatus, refusal.Message);
        }

        try
        {
            return await pass(entry.Caller!).ConfigureAwait(false);
        }
        catch (FormatException exception)
        {
            throw Error(StatusCode.InvalidArgument, exception.Message);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable && exception.Status.DebugException is not null)
        {
            // Nobody answered: this is not daprd's own word.
            throw Error(StatusCode.Unavailable, "the node's daprd cannot be reached");
        }
        catch (RpcException exception)
        {
            throw new RpcException(exception.Status, Passing(exception.Trailers));
        }
        finally
        {
            gate.Leave(entry);
        }
    }

    private CallOptions OptionsFor(ServerCallContext context)
    {
        var headers = Passing(context.RequestHeaders);
        if (daprdToken is { } token)
        {
            headers.Add(DaprTransformer.TokenHeader, token);
        }

        // gRPC counts a deadline by the system's clock, whatever clock we go by.
        return new(headers, context.Deadline == DateTime.MaxValue ? null : context.Deadline, context.CancellationToken);
    }

    /// <summary>What of the metadata is a caller's or daprd's own, and not the connection's or the door's.</summary>
    private static Metadata Passing(Metadata all)
    {
        var passing = new Metadata();
        foreach (var entry in all)
        {
            var own = entry.Key is DaprTransformer.TokenHeader or DaprTransformer.AppIdHeader or "host" or "te" or "user-agent" or "content-type" or "date" or "server"
                || (entry.Key.StartsWith("grpc-", StringComparison.Ordinal) && entry.Key is not ("grpc-trace-bin" or "grpc-status-details-bin"));
            if (!own)
            {
                passing.Add(entry);
            }
        }

        return passing;
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
