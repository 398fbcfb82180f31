using System.Net;
using System.Threading.Channels;

namespace PodPool.Runtime.Tests.Serving;

/// <summary>A body whose end is not in sight; each byte is sent when the test says so.</summary>
internal sealed class EndlessContent : HttpContent
{
    private readonly Channel<byte> _bytes = Channel.CreateUnbounded<byte>();

    public void Send() => _bytes.Writer.TryWrite(1);

    public void Stop() => _bytes.Writer.TryComplete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, TestContext.Current.CancellationToken);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken);
        await foreach (var value in _bytes.Reader.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(new[] { value }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        Stop();
        base.Dispose(disposing);
    }
}
