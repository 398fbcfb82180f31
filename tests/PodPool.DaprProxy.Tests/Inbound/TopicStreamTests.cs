using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.DaprProxy.Inbound;

namespace PodPool.DaprProxy.Tests.Inbound;

/// <summary>A stream of events is opened again, whatever ended it.</summary>
public sealed class TopicStreamTests
{
    [Fact]
    public async Task Whatever_a_stream_ends_with_the_next_one_is_opened()
    {
        var daprd = new EndingDaprd();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var stream = new TopicStream(new("bus", "orders", IsRaw: false), () => [], null!, daprd, null, TimeProvider.System, NullLogger.Instance);
        var running = stream.RunAsync(ending.Token);
        await Task.WhenAny(daprd.AskedOnceMore, running).WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
        Assert.True(daprd.AskedOnceMore.IsCompleted, "the stream was given up");
        await ending.CancelAsync();
        await running;
    }

    /// <summary>Ends every stream before it began, each in another way.</summary>
    private sealed class EndingDaprd : CallInvoker
    {
        private readonly Queue<Exception> _ends = new(
            [new InvalidOperationException("Can't write the message because the call is complete."), new IOException("gone"), new RpcException(Status.DefaultCancelled), new ObjectDisposedException("call")]);

        private readonly TaskCompletionSource _askedOnceMore = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task AskedOnceMore => _askedOnceMore.Task;

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
        {
            Assert.Equal("SubscribeTopicEventsAlpha1", method.Name);
            if (_ends.Count == 0)
            {
                _askedOnceMore.TrySetResult();
            }

            var end = _ends.TryDequeue(out var next) ? next : new RpcException(Status.DefaultCancelled);
            return new(new Writer<TRequest>(end), new NoReader<TResponse>(), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
            => throw new NotSupportedException();
    }

    private sealed class Writer<T>(Exception end) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(T message) => Task.FromException(end);

        public Task WriteAsync(T message, CancellationToken cancellationToken) => Task.FromException(end);

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class NoReader<T> : IAsyncStreamReader<T>
    {
        public T Current => throw new InvalidOperationException();

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
