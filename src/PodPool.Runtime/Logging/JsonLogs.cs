using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PodPool.Runtime.EntryPoints;

namespace PodPool.Runtime.Logging;

/// <summary>
/// One JSON object a line on stdout: timestamp, level, category, message, function, revision, traceId, spanId, the message's own
/// values, and the exception whole. Written at once and whole; no queue and no thread of its own, so nothing is lost when the
/// process ends.
/// </summary>
internal sealed class JsonLogs(Stream output, TimeProvider time) : ILoggerProvider
{
    private const int LargestKeptBuffer = 64 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    private readonly Lock _lock = new();
    private FunctionIdentity? _identity;
    private bool _isMuted;

    /// <summary>Whose code runs here; null: nobody's yet.</summary>
    public FunctionIdentity? Identity
    {
        get => Volatile.Read(ref _identity);
        set => Volatile.Write(ref _identity, value);
    }

    /// <summary>Whether lines are made but not written: the rehearsal's are nobody's concern.</summary>
    public bool IsMuted
    {
        get => Volatile.Read(ref _isMuted);
        set => Volatile.Write(ref _isMuted, value);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        // The stream is the process's.
    }

    private void Write<TState>(string category, LogLevel level, EventId eventId, TState state, Exception? exception, string message)
    {
        // Taken while in use: a value whose ToString logs gets a buffer of its own.
        var buffer = t_buffer ?? new(1024);
        t_buffer = null;
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("timestamp"u8, time.GetUtcNow().UtcDateTime);
            json.WriteString("level"u8, Name(level));
            json.WriteString("category"u8, category);
            if (eventId.Name is { } name)
            {
                json.WriteString("event"u8, name);
            }

            json.WriteString("message"u8, message);
            if (Identity is { } identity)
            {
                json.WriteString("function"u8, $"{identity.Namespace}/{identity.Function}");
                json.WriteString("revision"u8, identity.Revision);
            }

            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                json.WriteString("traceId"u8, activity.TraceId.ToHexString());
                json.WriteString("spanId"u8, activity.SpanId.ToHexString());
            }

            WriteValues(json, state);
            if (exception is not null)
            {
                json.WriteString("exception"u8, exception.ToString());
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        lock (_lock)
        {
            (IsMuted ? Stream.Null : output).Write(buffer.WrittenSpan);
        }

        if (buffer.Capacity <= LargestKeptBuffer)
        {
            t_buffer = buffer;
        }
    }

    private static void WriteValues<TState>(Utf8JsonWriter json, TState state)
    {
        // The last value is the message's template.
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> { Count: > 1 } values)
        {
            return;
        }

        json.WriteStartObject("values"u8);
        for (var index = 0; index < values.Count; index++)
        {
            var (key, value) = values[index];
            if (key == "{OriginalFormat}")
            {
                continue;
            }

            switch (value)
            {
                case null:
                    json.WriteNull(key);
                    break;
                case int or long or short or byte:
                    json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case bool flag:
                    json.WriteBoolean(key, flag);
                    break;
                default:
                    json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "Trace",
        LogLevel.Debug => "Debug",
        LogLevel.Information => "Information",
        LogLevel.Warning => "Warning",
        LogLevel.Error => "Error",
        LogLevel.Critical => "Critical",
        _ => "None",
    };

    private sealed class Logger(JsonLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => logs.Write(category, logLevel, eventId, state, exception, formatter(state, exception));
    }
}
