using System.IO.Compression;
using System.Text;

namespace PodPool.Simulation;

/// <summary>
/// A trace's file as text: UTF-8, or UTF-16 and UTF-32 if it says so by its byte order mark; gzip if it begins as such; from a file or a pipe. How much of the file was read is known
/// at any time.
/// </summary>
internal sealed class TraceText : IDisposable
{
    private const int Block = 1 << 16;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly long _length;

    private TraceText(string path, FileStream file, Stream content)
    {
        (_path, _file, _length) = (path, file, file.Length);
        Reader = new StreamReader(content, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, Block);
    }

    public StreamReader Reader { get; }

    public double Progress => _length == 0 ? 1 : (double)_file.Position / _length;

    /// <exception cref="TraceException">There is no such file, or nothing in it.</exception>
    public static TraceText Open(string path)
    {
        try
        {
            var file = SpooledPipe.Open(path, Block);
            if (file.Length == 0)
            {
                file.Dispose();
                throw new TraceException($"'{path}' is empty");
            }

            var zipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            return new(path, file, zipped ? new GZipStream(file, CompressionMode.Decompress) : file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TraceException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The first character; null: there is none.</summary>
    /// <exception cref="TraceException">It cannot be read.</exception>
    public char? First() => Read(reader => reader.Peek()) is >= 0 and var first ? (char)first : null;

    /// <exception cref="TraceException">It cannot be read on.</exception>
    public string? ReadLine() => Read(reader => reader.ReadLine());

    public void Dispose()
    {
        Reader.Dispose();
        _file.Dispose();
    }

    private T Read<T>(Func<StreamReader, T> read)
    {
        try
        {
            return read(Reader);
        }
        catch (InvalidDataException exception)
        {
            throw new TraceException($"'{_path}' begins as gzip does and is none, or it is broken: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new TraceException($"'{_path}' cannot be read on: {exception.Message}", exception);
        }
    }
}
