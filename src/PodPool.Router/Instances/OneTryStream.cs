using System.Runtime.CompilerServices;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Instances;

/// <summary>
/// A connection whose end is an error while an answer is owed. <see cref="SocketsHttpHandler"/> sends a request without a body once
/// more when the connection ends before the first byte of an answer: but then the pod may have run it, and died of it. Only we know that
/// no request of a caller's may run twice.
/// </summary>
internal sealed class OneTryStream(Stream inner) : SequentialStream
{
    private volatile bool _answerIsOwed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    // ReadAsync with an empty buffer only waits for data: its zero is no end.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => buffer.IsEmpty ? inner.ReadAsync(buffer, cancellationToken) : ReadSomeAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _answerIsOwed = true;
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0)
        {
            _answerIsOwed = false;
        }
        else if (_answerIsOwed)
        {
            throw new IOException("the pod closed the connection without an answer");
        }

        return count;
    }
}
