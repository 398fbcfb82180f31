using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using PodPool.Router.Routing;

namespace PodPool.Router.AccessLogging;

/// <summary>
/// A line of JSON for each request that named a function, which <c>podpool tune</c> reads. Requests only leave a note; lines are made and written beside
/// them, and are lost, counted, rather than waited for when they cannot be written as fast as requests come.
/// </summary>
internal sealed partial class AccessLog : IHostedService, IAsyncDisposable
{
    /// <summary>Instead of a file: the standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>Notes that wait to be written: a second of more requests than a router has.</summary>
    private const int Notes = 1 << 16;

    /// <summary>Seconds between two warnings of lines that were lost.</summary>
    private const long TellEvery = 60;

    /// <summary>Status of requests whose caller left before the answer: nginx's.</summary>
    private const int CallerLeft = 499;

    private readonly Channel<AccessEntry> _notes = Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(Notes) { SingleReader = true });
    private readonly TextWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessLog> _logger;
    private long _lost;
    private Task _writing = Task.CompletedTask;

    /// <param name="writer">Where lines go; it is closed at the end unless it is the process's own output.</param>
    /// <param name="time">Says when requests came.</param>
    /// <param name="logger">Hears of lines that are lost.</param>
    public AccessLog(TextWriter writer, TimeProvider time, ILogger<AccessLog> logger) => (_writer, _time, _logger) = (writer, time, logger);

    /// <summary>Opens the file, whose lines of earlier runs are kept.</summary>
    /// <param name="path">A file, or <see cref="StandardOutput"/>.</param>
    /// <exception cref="ValidationException">It cannot be written.</exception>
    public static TextWriter Open(string path)
    {
        if (path == StandardOutput)
        {
            // Takes each text whole, as the log's lines on the same output.
            return Console.Out;
        }

        try
        {
            // Lines come by the batch; what could not be written must not come again with the next.
            var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var writer = new StreamWriter(file, new UTF8Encoding(false));
            if (EndsWithinLine(path, file))
            {
                // It stays with the writer until the first line: a disk that is full keeps no router from starting.
                writer.Write('\n');
            }

            return writer;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ValidationException($"{nameof(RouterOptions.AccessLog)}: '{path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Lines that were lost so far.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>A request has come: its time, for <see cref="Note"/>.</summary>
    public long Now() => _time.GetTimestamp();

    /// <summary>It is over.</summary>
    /// <param name="context">The request and its answer.</param>
    /// <param name="function">Whose it was.</param>
    /// <param name="came">What <see cref="Now"/> said.</param>
    /// <param name="start">How it came to its instance.</param>
    /// <param name="held">How long it was held.</param>
    /// <param name="instance">Which served it last; null: none.</param>
    public void Note(HttpContext context, FunctionId function, long came, string start, TimeSpan held, string? instance)
    {
        var took = _time.GetElapsedTime(came);
        var status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? CallerLeft : context.Response.StatusCode;
        if (!_notes.Writer.TryWrite(new(_time.GetUtcNow() - took, function, context.Request.Method, status, start, held, took, instance)))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = Task.Run(WriteAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>No request comes any more.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _notes.Writer.TryComplete();
        return Task.CompletedTask;
    }

    /// <summary>What was noted by then is written.</summary>
    public async ValueTask DisposeAsync()
    {
        _notes.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        if (ReferenceEquals(_writer, Console.Out))
        {
            return;
        }

        try
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // A disk that is full to the end was spoken of, and keeps no router from ending.
        }
    }

    /// <summary>Whether a router that crashed, or a disk that was full, left half a line, which would spoil the next one too.</summary>
    private static bool EndsWithinLine(string path, FileStream file)
    {
        if (!file.CanSeek || file.Length == 0)
        {
            return false;
        }

        try
        {
            using var earlier = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            earlier.Seek(-1, SeekOrigin.End);
            return earlier.ReadByte() != '\n';
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Who may not look takes the worse for true: an empty line spoils nothing.
            return true;
        }
    }

    private async Task WriteAsync()
    {
        const int AtOnce = 64 << 10;
        var lines = new ArrayBufferWriter<byte>(AtOnce);
        using var json = new Utf8JsonWriter(lines);
        var (told, toldAt, why) = (0L, _time.GetTimestamp() - TellEvery * _time.TimestampFrequency, "more requests came than could be written down");
        var torn = false;
        while (await _notes.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            lines.ResetWrittenCount();
            if (torn)
            {
                // Half a line may have been written before the disk was full.
                lines.Write("\n"u8);
            }

            var count = 0;
            for (; lines.WrittenCount < AtOnce && _notes.Reader.TryRead(out var entry); count++)
            {
                json.Reset();
                entry.WriteTo(json);
                json.Flush();
                lines.Write("\n"u8);
            }

            try
            {
                await _writer.WriteAsync(Encoding.UTF8.GetString(lines.WrittenSpan)).ConfigureAwait(false);
                await _writer.FlushAsync().ConfigureAwait(false);
                torn = false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // A full disk is no reason to answer nobody.
                Interlocked.Add(ref _lost, count);
                torn = true;
                why = exception.Message;
            }

            if (Lost is var lost && lost > told && _time.GetElapsedTime(toldAt).TotalSeconds >= TellEvery)
            {
                Log.Lost(_logger, lost - told, why);
                (told, toldAt) = (lost, _time.GetTimestamp());
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Lines} lines of the access log were lost: {Detail}")]
        public static partial void Lost(ILogger logger, long lines, string detail);
    }
}
