namespace PodPool.Manager.Packages.Archives;

/// <summary>
/// A stream of which only so many bytes may be read while a limit is set. What an archive says of its files is read into memory: an archive
/// that has gigabytes to say must not be listened to. The stream below stays open.
/// </summary>
internal sealed class BudgetStream(Stream stream) : Stream
{
    /// <summary>Bytes that may still be read; null: any number.</summary>
    public long? Left { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => stream.CanSeek;

    public override bool CanWrite => false;

    public override long Length => stream.Length;

    public override long Position
    {
        get => stream.Position;
        set => stream.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Spend(stream.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Spend(stream.Read(buffer));

    public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => Spend(await stream.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).ConfigureAwait(false));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => Spend(await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Spend(int read)
    {
        Left -= read;
        return Left < 0 ? throw new InvalidDataException("it says more about its files than a package's can need") : read;
    }
}
