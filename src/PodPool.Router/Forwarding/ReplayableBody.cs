using PodPool.Contracts.Wire;

namespace PodPool.Router.Forwarding;

/// <summary>
/// A request's body that can be read from its beginning again, as long as little of it was read: what was read is kept until the pod has
/// taken the request, or until it is too much.
/// </summary>
/// <remarks>
/// A pod that is not the one that was meant answers before it reads, but HTTP/1.1 sends a body before it looks for an answer, and HTTP/2 sends
/// what the window allows. Long bodies over HTTP/1.1 wait for the pod's 100-continue instead (<see cref="IsLong"/>).
/// </remarks>
internal sealed class ReplayableBody(Stream inner, long? length) : SequentialStream
{
    /// <summary>What is kept at most, bytes.</summary>
    public const int Limit = 64 << 10;

    private const int FirstBuffer = 4 << 10;

    private byte[] _kept = [];
    private int _keptCount;
    private int _replayed;
    private volatile bool _isKeeping = true;
    private bool _isWhole = true;

    /// <summary>More than is kept, or nobody knows.</summary>
    public bool IsLong => length is null or > Limit;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    /// <summary>Lets the next read begin at the beginning.</summary>
    /// <returns>False: not everything that was read is there any more.</returns>
    public bool TryRewind()
    {
        _replayed = 0;
        return _isWhole;
    }

    /// <summary>It will not be read again. The reader of the moment, if there is one, lets go of what is kept.</summary>
    public void ForgetRead() => _isKeeping = false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_replayed < _keptCount)
        {
            var again = Math.Min(buffer.Length, _keptCount - _replayed);
            _kept.AsMemory(_replayed, again).CopyTo(buffer);
            _replayed += again;
            return again;
        }

        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_isWhole && count > 0)
        {
            Keep(buffer.Span[..count]);
        }

        return count;
    }

    private void Keep(ReadOnlySpan<byte> read)
    {
        if (!_isKeeping || _keptCount + read.Length > Limit)
        {
            _isWhole = false;
            _kept = [];
            _keptCount = _replayed = 0;
            return;
        }

        if (_kept.Length < _keptCount + read.Length)
        {
            var size = Math.Max(Math.Max(_keptCount + read.Length, _kept.Length * 2), length is <= Limit ? (int)length : FirstBuffer);
            Array.Resize(ref _kept, Math.Min(size, Limit));
        }

        read.CopyTo(_kept.AsSpan(_keptCount));
        _keptCount += read.Length;
        _replayed = _keptCount;
    }
}
