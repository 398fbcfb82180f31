using System.Net;
using System.Text;
using PodPool.Contracts.V1;

namespace PodPool.Router.Rehearsing;

/// <summary>
/// The router's own part of a first request, run before the first caller comes: a second router, on the loopback, with a manager and
/// instances that only answer. What is compiled and connected for that is compiled for the first caller too.
/// </summary>
internal static partial class RouterRehearsal
{
    private const int Rounds = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Rehearses, and says how long it took. What comes of it is only speed: without it, the router serves as well.</summary>
    public static async Task TryAsync(ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger(typeof(RouterRehearsal));
        var begun = time.GetTimestamp();
        try
        {
            await RunAsync(time, cancellationToken).ConfigureAwait(false);
            Log.Rehearsed(logger, time.GetElapsedTime(begun).TotalMilliseconds);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.NotRehearsed(logger, exception);
        }
    }

    /// <summary>Rehearses.</summary>
    /// <exception cref="HttpRequestException">A first request does not work here.</exception>
    /// <exception cref="OperationCanceledException">It was ended, or took too long.</exception>
    public static async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var peer = await RehearsalPeer.StartAsync(Rounds, either.Token).ConfigureAwait(false);
        await using var closingPeer = peer.ConfigureAwait(false);
        var options = new RouterOptions { Manager = peer.Address, Listen = ["http://127.0.0.1:0"], ShutdownTime = TimeSpan.FromSeconds(1) };
        var router = RouterHost.Build(options, builder =>
        {
            // Nobody shall count what was only rehearsed.
            builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RouterMetrics>(provider, RouterMetrics.MeterName + ".Rehearsal"));
        });
        await using var closingRouter = router.ConfigureAwait(false);
        await router.StartAsync(either.Token).ConfigureAwait(false);
        await CallAsync(new(RouterHost.AddressesOf(router)[0]), either.Token).ConfigureAwait(false);
        await router.StopAsync(either.Token).ConfigureAwait(false);
    }

    private static async Task CallAsync(Uri router, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { BaseAddress = router };
        for (var round = 0; round < Rounds; round++)
        {
            // The first of them starts an instance, the second finds it: with a body, in the other protocol.
            await CallAsync(client, round, HttpVersion.Version11, body: null, cancellationToken).ConfigureAwait(false);
            await CallAsync(client, round, HttpVersion.Version20, body: "{}", cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CallAsync(HttpClient client, int round, Version version, string? body, CancellationToken cancellationToken)
    {
        var function = RehearsalPeer.Function(round);
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri($"/{function.Namespace}/{function.Name}/path?query=1", UriKind.Relative))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Rehearsed in {Milliseconds:0} ms", EventName = "Rehearsed")]
        public static partial void Rehearsed(ILogger logger, double milliseconds);

        [LoggerMessage(2, LogLevel.Warning, "The rehearsal failed: first requests will be slower until they have run a few times", EventName = "NotRehearsed")]
        public static partial void NotRehearsed(ILogger logger, Exception exception);
    }
}
