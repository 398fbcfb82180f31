using System.Net;

namespace PodPool.Cli.Tests.Platform;

/// <summary>
/// A body of so many bytes, none of them in memory. Not a <see cref="StreamContent"/>: with that the client reads no response before
/// the whole body is sent, so that an echo waits for a reader who waits for it.
/// </summary>
internal sealed class Zeros(long length) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var buffer = new byte[1 << 16];
        for (var left = length; left > 0; left -= buffer.Length)
        {
            await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
