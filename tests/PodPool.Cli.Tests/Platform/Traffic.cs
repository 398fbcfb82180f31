using System.Collections.Concurrent;
using System.Net;

namespace PodPool.Cli.Tests.Platform;

/// <summary>Callers who ask one address again and again, each as soon as it was answered.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private readonly SemaphoreSlim _answered = new(0);

    public Traffic(HttpClient client, string path, int callers)
    {
        _client = client;
        _running = Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(path))));
    }

    /// <summary>What was not answered as it should have been.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Waits for so many more answers.</summary>
    public async Task UntilAnsweredAsync(int more)
    {
        while (_answered.CurrentCount > 0)
        {
            await _answered.WaitAsync(TestContext.Current.CancellationToken);
        }

        for (var i = 0; i < more; i++)
        {
            await _answered.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
        _answered.Dispose();
    }

    private async Task CallAsync(string path)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                // Not cancelled at the end: each request is to be answered.
                using var response = await _client.GetAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
                var start = string.Join(',', response.Headers.GetValues("x-podpool-start"));
                if (response.StatusCode != HttpStatusCode.OK || start != "warm")
                {
                    Failures.Enqueue($"{(int)response.StatusCode}, {start}: {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
            {
                Failures.Enqueue(exception.ToString());
            }

            _answered.Release();
        }
    }
}
