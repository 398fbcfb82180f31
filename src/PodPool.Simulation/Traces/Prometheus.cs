using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PodPool.Simulation;

/// <summary>
/// What a Prometheus server counted, minute by minute: an hour is asked for at a time. When within the minute a request came is not known: at uniform times
/// here; nor how long it took: drawn.
/// </summary>
/// <param name="server">Its address; a name and password in it are sent as basic credentials, and the password is shown nowhere.</param>
/// <param name="query">Gives the requests of the last minute, by the label <c>function</c>.</param>
/// <param name="begin">From then on, a whole minute.</param>
/// <param name="minutes">For so long.</param>
/// <param name="duration">How long requests take.</param>
/// <param name="seed">Of times and durations.</param>
/// <param name="handler">Carries the questions; null: the usual one.</param>
public sealed class Prometheus(Uri server, string query, DateTimeOffset begin, int minutes, Spread duration, ulong seed, Func<HttpMessageHandler>? handler = null) : ILoadSource
{
    /// <summary>The requests that PodPool's routers forwarded.</summary>
    public const string ForwardedRequests = "sum by (function) (increase(podpool_router_requests_total[1m]))";

    /// <summary>Why the usual query may find nothing where there are routers.</summary>
    private const string NoIncrease =
        ": an increase over 1m needs two samples in it, so routers must be scraped more often than every 30 s; where they are not, give --query a longer window and divide by its minutes, as in sum by (function) (increase(podpool_router_requests_total[5m])) / 5";

    private const int MinutesAtOnce = 60;

    private readonly Uri _server = server;
    private readonly string _shown = WithoutPassword(server);
    private readonly AuthenticationHeaderValue? _credentials = CredentialsOf(server);
    private readonly string _query = query;
    private readonly DateTimeOffset _begin = begin;
    private readonly int _minutes = minutes;
    private readonly Spread _duration = duration;
    private readonly ulong _seed = seed;

    public string Description => string.Create(CultureInfo.InvariantCulture, $"{_shown}, {_query}, {_minutes} minutes from {_begin:yyyy-MM-dd HH:mm} UTC, at uniform times within each (seed {_seed})");

    public ILoad Open() => new Samples(this, new HttpClient(handler?.Invoke() ?? new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromMinutes(2) });

    private static string WithoutPassword(Uri server) =>
        server.UserInfo.Contains(':', StringComparison.Ordinal) ? new UriBuilder(server) { Password = "***" }.Uri.ToString() : server.ToString();

    /// <summary>The client does not look at them.</summary>
    private static AuthenticationHeaderValue? CredentialsOf(Uri server)
    {
        if (server.UserInfo.Length == 0)
        {
            return null;
        }

        var (name, password) = server.UserInfo.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? (server.UserInfo[..colon], server.UserInfo[(colon + 1)..]) : (server.UserInfo, "");
        return new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.UnescapeDataString(name)}:{Uri.UnescapeDataString(password)}")));
    }

    private sealed class Samples(Prometheus source, HttpClient client) : ILoad
    {
        private readonly CallsOfMinute _minute = new(source._duration, new Chance(source._seed));
        private readonly FunctionBook _functions = new();
        private readonly Dictionary<int, double> _left = [];
        private readonly List<(int Function, int Calls)>[] _hour = [.. Enumerable.Range(0, MinutesAtOnce).Select(_ => new List<(int, int)>())];
        private int _asked;
        private int _given;
        private bool _any;

        public DateTimeOffset Begin => source._begin;

        public IReadOnlyList<string> Functions => _functions.Names;

        public long End => source._minutes * TimeSpan.TicksPerMinute;

        public double Progress => (double)_given / source._minutes;

        public Repairs Repairs { get; } = new();

        public int Read(Span<Arrival> arrivals)
        {
            var count = 0;
            while (count < arrivals.Length)
            {
                if (_minute.TryTake(out var arrival))
                {
                    arrivals[count++] = arrival;
                }
                else if (_given < _asked)
                {
                    _minute.Begin(_given * TimeSpan.TicksPerMinute, _hour[_given % MinutesAtOnce]);
                    _given++;
                }
                else if (_asked < source._minutes)
                {
                    Ask();
                }
                else
                {
                    break;
                }
            }

            return count;
        }

        public void Dispose() => client.Dispose();

        private void Ask()
        {
            var (from, to) = (_asked, Math.Min(_asked + MinutesAtOnce, source._minutes));
            foreach (var minute in _hour)
            {
                minute.Clear();
            }

            // The sample at a minute's end counts what came in it.
            var first = source._begin.ToUnixTimeSeconds() + (from + 1) * 60L;
            var address = string.Create(
                CultureInfo.InvariantCulture,
                $"{source._server.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')}/api/v1/query_range?query={Uri.EscapeDataString(source._query)}&start={first}&end={first + (to - from - 1) * 60L}&step=60");
            var sampled = new bool[MinutesAtOnce];
            using (var answer = Fetch(address))
            {
                TakeAll(answer.RootElement, first, to - from, sampled);
            }

            if (to == source._minutes && !_any)
            {
                throw Nothing();
            }

            for (var minute = 0; minute < to - from; minute++)
            {
                if (!sampled[minute])
                {
                    Repairs.Add("minutes without any sample, taken as without a request", 0);
                }
            }

            _asked = to;
        }

        private void TakeAll(JsonElement answer, long first, int minutes, bool[] sampled)
        {
            try
            {
                foreach (var series in answer.GetProperty("data").GetProperty("result").EnumerateArray())
                {
                    _any = true;
                    Take(series, first, minutes, sampled);
                }
            }
            catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or FormatException)
            {
                throw new TraceException($"{source._shown} answers '{source._query}' with something else than numbers: {exception.Message}", exception);
            }
        }

        /// <summary>Of so many minutes, some have a sample; if none has, the question was wrong, and it mostly is in the same way.</summary>
        private TraceException Nothing() => new(FormattableString.Invariant(
            $"{source._shown} has no sample of '{source._query}' in {source._minutes} minutes from {source._begin:yyyy-MM-dd HH:mm} UTC{(source._query == ForwardedRequests ? NoIncrease : "")}"));

        private void Take(JsonElement series, long first, int minutes, bool[] sampled)
        {
            var labels = series.GetProperty("metric");
            if (!labels.TryGetProperty("function", out var name) || name.GetString() is not { Length: > 0 } function)
            {
                var has = string.Join(", ", labels.EnumerateObject().Take(8).Select(label => label.Name));
                throw new TraceException($"{source._shown}: a series of '{source._query}' has no label 'function', but {(has.Length > 0 ? has : "none")}: the query must keep it, as in sum by (function) (…)");
            }

            if (!series.TryGetProperty("values", out var values))
            {
                throw new TraceException($"{source._shown}: the series of '{function}' in '{source._query}' has no values; if it is a native histogram, take its histogram_count()");
            }

            var place = _functions.PlaceOf(function);
            foreach (var value in values.EnumerateArray())
            {
                var minute = (int)((value[0].GetDouble() - first) / 60);
                if (minute < 0 || minute >= minutes)
                {
                    continue;
                }

                sampled[minute] = true;
                if (!double.TryParse(value[1].GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var count) || !double.IsFinite(count) || count < 0)
                {
                    Repairs.Add("samples that are no number of requests, taken as none", 0);
                    continue;
                }

                // increase() reckons parts of a request: they add up.
                var all = count + _left.GetValueOrDefault(place);
                var whole = (int)Math.Min(Math.Floor(all + 1e-9), 100_000_000);
                _left[place] = Math.Max(0, all - whole);
                if (whole > 0)
                {
                    _hour[minute].Add((place, whole));
                }
            }
        }

        private JsonDocument Fetch(string address)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = source._credentials } };
                using var response = client.Send(request, HttpCompletionOption.ResponseContentRead);
                using var content = response.Content.ReadAsStream();
                var answer = JsonDocument.Parse(content);
                if (answer.RootElement.TryGetProperty("status", out var status) && status.GetString() == "success" && answer.RootElement.GetProperty("data").GetProperty("resultType").GetString() == "matrix")
                {
                    return answer;
                }

                using (answer)
                {
                    throw new TraceException($"{source._shown} answers {(int)response.StatusCode}: {(answer.RootElement.TryGetProperty("error", out var error) ? error.GetString() : "no matrix")}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or JsonException or TaskCanceledException or InvalidOperationException or KeyNotFoundException)
            {
                throw new TraceException($"{source._shown} gives no answer of Prometheus: {exception.Message}", exception);
            }
        }
    }
}
