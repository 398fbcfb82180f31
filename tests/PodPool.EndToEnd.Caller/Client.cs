using System.Net.Sockets;

namespace PodPool.EndToEnd.Caller;

/// <summary>One request.</summary>
/// <param name="Url">Where to.</param>
/// <param name="Method">GET if null.</param>
/// <param name="Headers">A Host among them is the request's host.</param>
/// <param name="Body">Null: none.</param>
internal sealed record Call(string Url, string? Method, Dictionary<string, string>? Headers, string? Body);

/// <summary>What came back.</summary>
/// <param name="Status">Zero: no answer came.</param>
/// <param name="Headers">Of the answer.</param>
/// <param name="Body">Of the answer; of a failure, why.</param>
/// <param name="Milliseconds">From the request's first byte to the answer's last.</param>
internal sealed record Answer(int Status, Dictionary<string, string> Headers, string Body, double Milliseconds);

/// <summary>Opens a connection, and no more.</summary>
internal sealed record Dial(string Host, int Port)
{
    /// <summary>Null: somebody listens there; else why not.</summary>
    public async Task<string?> TryAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3), TimeProvider.System);
        try
        {
            await socket.ConnectAsync(Host, Port, patience.Token);
            return null;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return exception.Message;
        }
    }
}

/// <summary>Calls as a careful caller in the cluster does: connections are not kept so long that they stay with one of the routers.</summary>
internal sealed class Client : IDisposable
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(8),
        PooledConnectionLifetime = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
    });

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(90);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _invoker.SendAsync(request, cancellationToken);

    public async Task<Answer> CallAsync(Call call)
    {
        using var request = new HttpRequestMessage(new(call.Method ?? "GET"), call.Url);
        request.Content = call.Body is null ? null : new StringContent(call.Body);
        foreach (var (name, value) in call.Headers ?? [])
        {
            if (!request.Headers.TryAddWithoutValidation(name, value) && request.Content is { } content)
            {
                content.Headers.Remove(name);
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var started = TimeProvider.System.GetTimestamp();
        double Elapsed() => TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            using var response = await SendAsync(request, patience.Token);
            var body = await response.Content.ReadAsStringAsync(patience.Token);
            var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(',', header.Value));
            return new((int)response.StatusCode, headers, body, Elapsed());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return new(0, [], exception.ToString(), Elapsed());
        }
    }

    public void Dispose() => _invoker.Dispose();
}
