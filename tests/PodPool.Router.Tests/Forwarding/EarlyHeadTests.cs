using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PodPool.Router.Forwarding;

namespace PodPool.Router.Tests.Forwarding;

public sealed class EarlyHeadTests
{
    [Fact]
    public async Task A_body_that_is_there_is_not_waited_for_and_its_head_goes_with_it()
    {
        var (body, caller) = (new PodBody(), new Caller());
        body.Arrives();

        var sent = EarlyHead.SendAsync(caller.Context, body.Response, TestContext.Current.CancellationToken);

        Assert.True(sent.IsCompletedSuccessfully);
        Assert.True(await sent);
        Assert.Equal(0, caller.Flushes);
        Assert.Equal(1, body.Taken);
    }

    [Fact]
    public async Task A_body_that_is_not_there_holds_up_the_request_but_no_thread()
    {
        var (body, caller) = (new PodBody(), new Caller());

        // Returns at once: whoever waited here would wait for ever.
        var sent = EarlyHead.SendAsync(caller.Context, body.Response, TestContext.Current.CancellationToken);

        Assert.False(sent.IsCompleted);
        Assert.Equal(1, caller.Flushes);
        body.Arrives();
        Assert.True(await sent);
        Assert.Equal(1, body.Taken);
    }

    /// <summary>A pod's response whose body comes when the test says so. Like the client's own, its reads share one source.</summary>
    private sealed class PodBody : Stream, IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _source;

        public PodBody() => Response = new() { Content = new StreamContent(this) };

        public HttpResponseMessage Response { get; }

        /// <summary>How often a read's outcome was taken; a second time is an error.</summary>
        public int Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Arrives() => _source.SetResult(0);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Assert.True(buffer.IsEmpty, "nothing of the body may be taken");
            return new(this, _source.Version);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("this would hold up a thread");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        int IValueTaskSource<int>.GetResult(short token)
        {
            var result = _source.GetResult(token);
            Taken++;
            return result;
        }

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _source.GetStatus(token);

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
            => _source.OnCompleted(continuation, state, token, flags);
    }

    /// <summary>A caller who counts how often something was sent to it early.</summary>
    private sealed class Caller : MemoryStream
    {
        public Caller()
        {
            Context = new DefaultHttpContext();
            Context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(this));
        }

        public DefaultHttpContext Context { get; }

        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
