using Microsoft.Win32.SafeHandles;

namespace PodPool.Simulation;

/// <summary>
/// A trace is read several times, and what comes through a pipe (<c>/dev/stdin</c>, <c>&lt;(zcat …)</c>) comes once: it is kept in a temporary file. That has no
/// name any more, so that it is gone with the process, however that ends.
/// </summary>
internal static class SpooledPipe
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, SafeFileHandle> Spooled = [];

    /// <summary>The file, from its beginning; what a pipe of that name gave before, if it was one.</summary>
    /// <exception cref="IOException">It cannot be read, or not be kept.</exception>
    public static FileStream Open(string path, int buffer)
    {
        lock (Gate)
        {
            if (!Spooled.TryGetValue(path, out var kept))
            {
                var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, buffer, FileOptions.SequentialScan);
                if (file.CanSeek)
                {
                    return file;
                }

                using (file)
                {
                    Spooled[path] = kept = Keep(file);
                }
            }

            // Each reader has a place of its own in it; none closes it.
            return new(new SafeFileHandle(kept.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, buffer);
        }
    }

    private static SafeFileHandle Keep(FileStream pipe)
    {
        var path = Path.Combine(Path.GetTempPath(), $"podpool-trace-{Guid.NewGuid():N}");
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            // Before anything is in it that another user could read.
            File.Delete(path);
            var (block, at) = (new byte[1 << 16], 0L);
            for (int count; (count = pipe.Read(block)) > 0; at += count)
            {
                RandomAccess.Write(handle, block.AsSpan(0, count), at);
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
