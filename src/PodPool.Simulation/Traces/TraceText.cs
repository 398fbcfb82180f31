using System.IO.Compression;
using System.Text;

namespace PodPool.Simulation;

/// <summary>
/// A trace's file as text: UTF-8, or UTF-16 and UTF-32 if it says so by its byte order mark; gzip if it begins as such. How much of the file was read is known
/// at any time.
/// </summary>
internal sealed class TraceText : IDisposable
{
    private const int Block = 1 << 16;

    private readonly FileStream _file;
    private readonly long _length;

    private TraceText(FileStream file, Stream content)
    {
        (_file, _length) = (file, file.Length);
        Reader = new StreamReader(content, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, Block);
    }

    public StreamReader Reader { get; }

    public double Progress => _length == 0 ? 1 : (double)_file.Position / _length;

    /// <exception cref="TraceException">There is no such file, or nothing in it.</exception>
    public static TraceText Open(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Block, FileOptions.SequentialScan);
            if (file.Length == 0)
            {
                file.Dispose();
                throw new TraceException($"'{path}' is empty");
            }

            var zipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            return new(file, zipped ? new GZipStream(file, CompressionMode.Decompress) : file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TraceException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    public void Dispose()
    {
        Reader.Dispose();
        _file.Dispose();
    }
}
