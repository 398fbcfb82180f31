using System.Collections.Frozen;
using System.Net;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Http;

namespace PodPool.DaprProxy.Inbound;

/// <summary>
/// The door as daprd's application, over HTTP: what input bindings bring goes to the function that takes it. Events of topics do not come this way, but on
/// streams (<see cref="TopicStreams"/>).
/// </summary>
/// <remarks>
/// https://docs.dapr.io/reference/api/bindings_api/: daprd asks with OPTIONS which bindings are wanted when it starts, and again whenever its application got
/// healthy again. So a change of what functions take is told by one look at the health that fails: daprd needs no start for it.
/// </remarks>
internal sealed partial class InputBindings : IDisposable
{
    private readonly ICallers _callers;
    private readonly FunctionCaller _functions;
    private readonly string? _token;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private FrozenDictionary<string, (string Function, string Path)> _taken = FrozenDictionary<string, (string, string)>.Empty;
    private int _untold;

    public InputBindings(ICallers callers, FunctionCaller functions, DoorOptions options, ILogger<InputBindings> logger)
    {
        (_callers, _functions, _token, _logger) = (callers, functions, options.AppToken, logger);
        _ = FollowAsync();
    }

    /// <summary>Answers daprd.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (_token is not null && request.Headers[DaprTransformer.TokenHeader] != _token)
        {
            response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        switch (request.Method, request.Path.Value)
        {
            case ("GET", "/healthz"):
                response.StatusCode = _callers.Key is null || Interlocked.Exchange(ref _untold, 0) == 1 ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
                break;
            case ("GET", "/dapr/subscribe"):
                await response.WriteAsJsonAsync(Array.Empty<string>(), context.RequestAborted).ConfigureAwait(false);
                break;
            case ("GET", "/dapr/config"):
                await response.WriteAsJsonAsync(new { }, context.RequestAborted).ConfigureAwait(false);
                break;
            case ("OPTIONS", { Length: > 1 } path):
                response.StatusCode = Volatile.Read(ref _taken).ContainsKey(path[1..]) ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
                break;
            case ("POST", { Length: > 1 } path) when Volatile.Read(ref _taken).TryGetValue(path[1..], out var taker):
                await DeliverAsync(context, taker.Function, taker.Path).ConfigureAwait(false);
                break;
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    /// <summary>Who takes what; of several functions that want one binding, the first by name.</summary>
    internal static FrozenDictionary<string, (string Function, string Path)> TakersOf(IEnumerable<KnownFunction> functions)
        => functions
            .OrderBy(function => function.Namespace, StringComparer.Ordinal).ThenBy(function => function.Name, StringComparer.Ordinal)
            .SelectMany(function => (function.Access?.InputBindings ?? []).Select(binding => (
                binding.Name, Function: $"{function.Namespace}/{function.Name}", Path: binding.Path.Length > 0 ? binding.Path : $"/{binding.Name}")))
            .Where(taker => FunctionPath.IsWithin(taker.Path))
            .DistinctBy(taker => taker.Name)
            .ToFrozenDictionary(taker => taker.Name, taker => (taker.Function, taker.Path));

    private async Task FollowAsync()
    {
        var ending = _ending.Token;
        while (!ending.IsCancellationRequested)
        {
            var next = _callers.NextFunctionChange;
            var taken = TakersOf(_callers.Functions);
            if (!taken.Keys.ToHashSet().SetEquals(Volatile.Read(ref _taken).Keys))
            {
                Interlocked.Exchange(ref _untold, 1);
            }

            Volatile.Write(ref _taken, taken);
            await next.WaitAsync(ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        }
    }

    private async Task DeliverAsync(HttpContext context, string function, string path)
    {
        try
        {
            // What the binding says of it comes as headers, as daprd gives them to any application.
            var headers = context.Request.Headers.Where(header => IsOwn(header.Key)).Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()));
            using var content = new StreamContent(context.Request.Body);
            content.Headers.TryAddWithoutValidation("content-type", context.Request.ContentType ?? "application/json");
            using var answer = await _functions.PostAsync(function, path, content, headers, context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (!context.Response.HasStarted)
        {
            Log.NotDelivered(_logger, function, exception.Message);
            context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
        }
    }

    private static bool IsOwn(string header)
        => !header.Equals("host", StringComparison.OrdinalIgnoreCase) && !header.Equals("connection", StringComparison.OrdinalIgnoreCase)
            && !header.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase) && !header.Equals("accept-encoding", StringComparison.OrdinalIgnoreCase)
            && !header.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
            && !header.Equals(DaprTransformer.TokenHeader, StringComparison.OrdinalIgnoreCase);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "What a binding brought for {Function} could not be delivered: {Message}", EventName = "NotDelivered")]
        public static partial void NotDelivered(ILogger logger, string function, string message);
    }
}
