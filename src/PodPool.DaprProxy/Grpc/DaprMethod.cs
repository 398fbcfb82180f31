using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Grpc;

/// <summary>A method of Dapr's gRPC API that the door knows.</summary>
internal abstract class DaprMethod
{
    /// <summary>Dapr's service.</summary>
    public const string Service = "dapr.proto.runtime.v1.Dapr";

    /// <summary>What the service calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Offers it to functions.</summary>
    public abstract void Bind(ServiceMethodProviderContext<DaprService> context);
}

/// <summary>A method with one request and one answer, or an answer that is a stream.</summary>
/// <param name="name">Its name in the service.</param>
/// <param name="call">What a request is about.</param>
/// <param name="streams">The answer is a stream.</param>
internal sealed class DaprMethod<TRequest, TResponse>(string name, Func<TRequest, DaprCall> call, bool streams = false) : DaprMethod
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    private readonly Method<TRequest, TResponse> _method = new(
        streams ? MethodType.ServerStreaming : MethodType.Unary, Service, name, MarshallerOf<TRequest>(), MarshallerOf<TResponse>());

    /// <summary>Moves the keys of a request into the function's space.</summary>
    /// <exception cref="FormatException">(thrown by it) The request makes no sense.</exception>
    public Action<TRequest, KeySpace>? Inward { get; init; }

    /// <summary>Moves those of an answer out of it, and leaves behind what is not the function's.</summary>
    public Func<TResponse, Caller, KeySpace?, TResponse>? Outward { get; init; }

    /// <summary>Answers a request that is not daprd's to answer; null where it is.</summary>
    public Func<DaprService, TRequest, ServerCallContext, Task<TResponse>?>? Instead { get; init; }

    public override string Name => name;

    public override void Bind(ServiceMethodProviderContext<DaprService> context)
    {
        if (streams)
        {
            context.AddServerStreamingMethod(_method, [], (service, request, answers, call) => service.StreamAsync(_method, this, request, answers, call));
        }
        else
        {
            context.AddUnaryMethod(_method, [], (service, request, call) => service.UnaryAsync(_method, this, request, call));
        }
    }

    /// <summary>What a request is about.</summary>
    public DaprCall CallOf(TRequest request) => call(request);

    private static Marshaller<T> MarshallerOf<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new());
        return Marshallers.Create(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
