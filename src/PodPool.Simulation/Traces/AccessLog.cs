using System.Globalization;
using System.Text.Json;

namespace PodPool.Simulation;

/// <summary>
/// An access log as JSON, one object a line: <c>{"time":"2026-03-02T08:00:00.250Z","function":"shop/hello","duration":0.12}</c>. <c>time</c>, when the request
/// came, is in ISO 8601 or seconds since 1970; <c>duration</c> is in seconds, and drawn where it is missing; of it, it was <c>held</c> so long before it had an
/// instance, as routers of PodPool say. What else a line has is not looked at. A router's own log may be in between, where both go to its output.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="duration">How long requests take whose line does not say.</param>
/// <param name="seed">Of durations.</param>
public sealed class AccessLog(string path, Spread duration, ulong seed) : ILoadSource
{
    public string Description => $"{Path.GetFileName(path)}, access log: time, function, duration";

    public ILoad Open()
    {
        var text = TraceText.Open(path);
        try
        {
            return new Lines(path, text, duration, new Chance(seed));
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private sealed class Lines : RowLoad
    {
        /// <summary>So many lines may be broken in any file, and in a long one, one of so many.</summary>
        private const int FewBroken = 10;

        private const int OneBrokenOf = 1000;

        private readonly string _path;
        private readonly TraceText _text;
        private readonly Spread _drawn;
        private readonly Chance _chance;
        private readonly double _first;
        private Row? _pending;
        private long _line;
        private long _broken;
        private bool _any;

        public Lines(string path, TraceText text, Spread drawn, Chance chance)
            : base(path)
        {
            (_path, _text, _drawn, _chance) = (path, text, drawn, chance);
            _pending = Next();
            _first = Math.Floor((_pending?.Time ?? 0) / 60) * 60;
        }

        public override DateTimeOffset Begin => DateTimeOffset.UnixEpoch.AddSeconds(_first);

        public override double Progress => _text.Progress;

        public override void Dispose() => _text.Dispose();

        protected override bool ReadRow()
        {
            if ((_pending ?? Next()) is not { } row)
            {
                return false;
            }

            _pending = null;
            var at = row.Time - _first;
            if (!IsSane(at))
            {
                throw Bad("it is more than a year after the first");
            }

            if (row.Duration is null)
            {
                Repairs.Add("lines without a duration, drawn", _line);
            }

            // A router writes its line when the answer is over. Where that cannot be meant, it would put every later line out of order.
            var written = row.Held + row.Duration.GetValueOrDefault() is >= 0 and <= LongestDuration and var took ? at + took : at;
            Add(at, PlaceOf(row.Function), row.Duration ?? TimeSpan.FromTicks(_drawn.Draw(_chance)).TotalSeconds, written, _line);
            return true;
        }

        /// <exception cref="TraceException">There is none that can be read, or too many that cannot.</exception>
        private Row? Next()
        {
            TraceException? broken = null;
            while (_text.ReadLine() is { } line)
            {
                _line++;
                if (string.IsNullOrWhiteSpace(line))
                {
                    Repairs.Add("empty lines, left out", _line);
                    continue;
                }

                try
                {
                    if (Parse(line) is { } row)
                    {
                        _any = true;
                        return row;
                    }
                }
                catch (JsonException exception)
                {
                    // A router that crashed, or a disk that was full, leaves half a line; many are no log.
                    broken = new(Bad($"it is no JSON: {exception.Message}").Message, exception);
                    if (++_broken > Math.Max(FewBroken, _line / OneBrokenOf))
                    {
                        throw broken;
                    }

                    Repairs.Add("lines that are no JSON, left out", _line);
                }
            }

            return _any || broken is null ? null : throw broken;
        }

        private Row? Parse(string line)
        {
            using var json = JsonDocument.Parse(line);
            var entry = json.RootElement;
            if (entry.ValueKind != JsonValueKind.Object)
            {
                throw Bad("it is no JSON object");
            }

            if (entry.TryGetProperty("LogLevel", out _) && entry.TryGetProperty("Category", out _))
            {
                Repairs.Add("lines of a log of something else than requests, left out", _line);
                return null;
            }

            var held = Number(entry, "held");
            return new(TimeOf(Field(entry, "time")), FunctionOf(Field(entry, "function")), Number(entry, "duration") - (held ?? 0), held);
        }

        private JsonElement Field(JsonElement entry, string name) =>
            entry.TryGetProperty(name, out var value) ? value : throw Bad($"it has no '{name}'; it has {string.Join(", ", entry.EnumerateObject().Take(8).Select(field => field.Name))}");

        private double? Number(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? NumberOf(value, name) : null;

        private double TimeOf(JsonElement time) =>
            time.ValueKind == JsonValueKind.Number && NumberOf(time, "time") is >= 0 and var seconds ? seconds
            : time.ValueKind == JsonValueKind.String && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? (at - DateTimeOffset.UnixEpoch).TotalSeconds
                : throw Bad($"'time' is {time.GetRawText()}, which is neither ISO 8601 nor seconds since 1970");

        private string FunctionOf(JsonElement function) =>
            function.ValueKind == JsonValueKind.String && function.GetString() is { Length: > 0 } name ? name : throw Bad($"'function' is {function.GetRawText()}, which is no name");

        private double NumberOf(JsonElement value, string name) =>
            value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && Math.Abs(number) < 1e11
                ? number
                : throw Bad($"'{name}' is {value.GetRawText()}, which is no number of seconds");

        private TraceException Bad(string reason) => new(FormattableString.Invariant($"'{_path}', line {_line}: {reason}"));
    }

    /// <param name="Time">When it came, in seconds since 1970.</param>
    /// <param name="Function">Whose it is.</param>
    /// <param name="Duration">Seconds in its instance; null: not said.</param>
    /// <param name="Held">Seconds before it had one; null: not said.</param>
    private readonly record struct Row(double Time, string Function, double? Duration, double? Held);
}
