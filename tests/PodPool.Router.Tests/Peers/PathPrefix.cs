using Grpc.Core;
using Grpc.Net.Client;

namespace PodPool.Router.Tests.Peers;

/// <summary>Calls gRPC methods below a path, as a function addressed by path is called.</summary>
internal static class PathPrefix
{
    public static CallInvoker Intercept(this GrpcChannel channel, string prefix) => new Invoker(channel.CreateCallInvoker(), prefix);

    private sealed class Invoker(CallInvoker inner, string prefix) : CallInvoker
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
            => inner.BlockingUnaryCall(Below(method), host, options, request);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => inner.AsyncUnaryCall(Below(method), host, options, request);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
            => inner.AsyncServerStreamingCall(Below(method), host, options, request);

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => inner.AsyncClientStreamingCall(Below(method), host, options);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => inner.AsyncDuplexStreamingCall(Below(method), host, options);

        private Method<TRequest, TResponse> Below<TRequest, TResponse>(Method<TRequest, TResponse> method)
            => new(method.Type, $"{prefix.TrimStart('/')}/{method.ServiceName}", method.Name, method.RequestMarshaller, method.ResponseMarshaller);
    }
}
