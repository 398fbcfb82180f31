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
internal sealed class DaprService(Gate gate, CallInvoker daprd, string? daprdToken)
{
    /// <summary>One request, one answer.</summary>
    public Task<TResponse> UnaryAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DaprMethod<TRequest, TResponse> rules, TRequest request, ServerCallContext context)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => PassAsync(rules, request, context, async (caller, space) =>
        {
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

    private async Task<T> PassAsync<TRequest, TResponse, T>(
        DaprMethod<TRequest, TResponse> rules, TRequest request, ServerCallContext context, Func<Caller, KeySpace?, Task<T>> pass)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var call = rules.CallOf(request);
        var http = context.GetHttpContext();
        var entry = await gate.EnterAsync(
            context.RequestHeaders.GetValue(DaprTransformer.TokenHeader), http.Connection.RemoteIpAddress, call, context.CancellationToken).ConfigureAwait(false);
        if (entry.Refusal is { } refusal)
        {
            throw Error(refusal.GrpcStatus, refusal.Message);
        }

        var caller = entry.Caller!;
        try
        {
            var space = KeySpaces.Of(caller, call);
            if (rules.Inward is { } inward)
            {
                inward(request, space!);
            }

            return await pass(caller, space).ConfigureAwait(false);
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
