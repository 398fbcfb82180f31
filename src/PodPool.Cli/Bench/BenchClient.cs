using System.Net;
using System.Text;
using PodPool.Cli.Functions;
using PodPool.Contracts;

namespace PodPool.Cli.Bench;

/// <summary>Sends measured requests over connections that are open already: what is measured is the platform, not the dial.</summary>
internal sealed class BenchClient : IDisposable
{
    private readonly TimeProvider _time;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;

    public BenchClient(TimeProvider time)
    {
        _time = time;
        _handler = new() { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan };
        _client = new(_handler) { Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Opens as many connections to a router as will be used at once, by asking for a function that is not there.</summary>
    public async Task WarmAsync(Uri router, int connections, CancellationToken cancellationToken)
    {
        var nowhere = new Uri(router, "/default/podpool-bench-warms-its-connections/");
        var answers = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => _client.GetAsync(nowhere, cancellationToken))).ConfigureAwait(false);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    /// <summary>One request, read to its end.</summary>
    /// <param name="url">The function.</param>
    /// <param name="scenario">What to send.</param>
    /// <param name="intended">The timestamp at which it should have been sent; null: now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Measurement> MeasureAsync(string url, BenchScenario scenario, long? intended, CancellationToken cancellationToken)
    {
        using var request = Request(url, scenario);
        var sent = _time.GetTimestamp();

        // A timer may be some tenths of a millisecond early: a request cannot have waited for less than nothing.
        var from = Math.Min(intended ?? sent, sent);
        var unsent = _time.GetElapsedTime(from, sent);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
            var latency = _time.GetElapsedTime(from);
            var start = response.Headers.TryGetValues(WireHeaders.Start, out var values) ? string.Concat(values) : "";
            return new(latency, start, ServerTiming.Read(response.Headers), await ErrorOfAsync(response, cancellationToken).ConfigureAwait(false), unsent);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(_time.GetElapsedTime(from), "", new Dictionary<string, double>(), exception.Message);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    public static HttpRequestMessage Request(string url, BenchScenario scenario) => new(
        scenario.Body is null ? HttpMethod.Get : HttpMethod.Post, Address(url, scenario.Path))
    {
        Content = scenario.Body is { } body ? new StringContent(body, Encoding.UTF8, "application/json") : null,
    };

    private static string Address(string url, string path) => path.StartsWith('?')
        ? url + path
        : path.Length == 0 ? url : url.TrimEnd('/') + "/" + path.TrimStart('/');

    private static async Task<string?> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return null;
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return $"{(int)response.StatusCode} {(response.StatusCode == HttpStatusCode.NotFound ? "not found" : "")} {body[..Math.Min(body.Length, 300)]}".Trim();
    }
}
