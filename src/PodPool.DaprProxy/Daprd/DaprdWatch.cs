using System.Net;

namespace PodPool.DaprProxy.Daprd;

/// <summary>Whether daprd is there for outbound calls, looked at again and again.</summary>
/// <remarks>https://docs.dapr.io/reference/api/health_api/: <c>healthz/outbound</c> does not wait for the application, which is the door itself.</remarks>
internal sealed partial class DaprdWatch(DoorOptions options, TimeProvider time, ILogger<DaprdWatch> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>One look that fails may be a pause; two in a row are not.</summary>
    private const int Convincing = 2;

    private readonly Uri _health = new(options.DaprdHttp, "/v1.0/healthz/outbound");
    private volatile TaskCompletionSource _changed = NewSignal();
    private volatile DaprdState _state = new("daprd has not answered yet");

    /// <summary>How it is.</summary>
    public DaprdState State => _state;

    /// <summary>Completes when that changes.</summary>
    public Task Changed => _changed.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Patience });
        using var timer = new PeriodicTimer(LookEvery, time);
        var failures = 0;
        do
        {
            var trouble = await LookAsync(client, stoppingToken).ConfigureAwait(false);
            failures = trouble is null ? 0 : failures + 1;
            if (trouble is null || failures >= Convincing)
            {
                Become(new(trouble));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task<string?> LookAsync(HttpMessageInvoker client, CancellationToken stoppingToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stoppingToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _health);
            using var response = await client.SendAsync(request, either.Token).ConfigureAwait(false);
            return response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.OK ? null : $"daprd says {(int)response.StatusCode} of its health";
        }
        catch (HttpRequestException exception)
        {
            return $"daprd does not answer: {exception.Message}";
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"daprd does not answer within {Patience.TotalSeconds:0} s";
        }
    }

    private void Become(DaprdState state)
    {
        if (_state == state)
        {
            return;
        }

        _state = state;
        if (state.Trouble is { } trouble)
        {
            Log.Lost(logger, trouble);
        }
        else
        {
            Log.Found(logger, _health.Authority);
        }

        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "daprd at {Address} is there", EventName = "Found")]
        public static partial void Found(ILogger logger, string address);

        [LoggerMessage(2, LogLevel.Warning, "{Trouble}: calls of functions are answered 503 until it does", EventName = "Lost")]
        public static partial void Lost(ILogger logger, string trouble);
    }
}

/// <summary>How daprd is.</summary>
/// <param name="Trouble">What is wrong; null: nothing.</param>
internal sealed record DaprdState(string? Trouble);
