using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>A request that came to a function.</summary>
/// <param name="Method">GET, POST, ….</param>
/// <param name="Function">Whose it was, "namespace/name".</param>
/// <param name="Path">What was behind that, with the query, as it was sent.</param>
/// <param name="Body">What it brought.</param>
/// <param name="Headers">All that came with it.</param>
internal sealed record Posted(string Method, string Function, string Path, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>What it brought, as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The "number" in an event's data, which tests tell events by.</summary>
    public int Number => Json.GetProperty("data").GetProperty("number").GetInt32();
}

/// <summary>What a function answers.</summary>
internal sealed record Answer(int Status, string Body = "", string ContentType = "application/json")
{
    public static readonly Answer Fine = new(200);

    public static Answer Says(string status) => new(200, $$"""{"status":"{{status}}"}""");

    /// <summary>The router's own word.</summary>
    public static Answer Refused(int status, string reason) => new(status, $$"""{"title":"no","status":{{status}},"reason":"{{reason}}"}""", "application/problem+json");
}

/// <summary>A router with the functions behind it, which write down what comes and answer as the test says.</summary>
internal sealed class TestRouter : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Channel<Posted>> _posted = new();
    private readonly ConcurrentDictionary<string, Func<Posted, Task<Answer>>> _answers = new();
    private WebApplication? _server;

    public string Address => _server!.Urls.Single();

    /// <summary>All that ever came.</summary>
    public ConcurrentQueue<Posted> All { get; } = new();

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Run(HandleAsync);
        await _server.StartAsync(CancellationToken.None);
    }

    /// <summary>What a function answers from now on; unless it is said, 200.</summary>
    public void On(string function, Func<Posted, Task<Answer>> answer) => _answers[function] = answer;

    public void On(string function, Func<Posted, Answer> answer) => On(function, posted => Task.FromResult(answer(posted)));

    public void On(string function, Answer answer) => On(function, _ => answer);

    /// <summary>The next that came to a function.</summary>
    public async Task<Posted> NextAsync(string function)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Until.Patience);
        try
        {
            return await ChannelOf(function).Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"nothing came to {function}; to others: {string.Join(", ", All.Select(posted => posted.Function + posted.Path))}");
        }
    }

    /// <summary>How many came that nobody took.</summary>
    public int Waiting(string function) => ChannelOf(function).Reader.Count;

    /// <summary>Takes all that came.</summary>
    public void Drain(string function)
    {
        while (ChannelOf(function).Reader.TryRead(out _))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(new CancellationToken(canceled: true));
            await _server.DisposeAsync();
        }
    }

    private Channel<Posted> ChannelOf(string function) => _posted.GetOrAdd(function, _ => Channel.CreateUnbounded<Posted>());

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var parts = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('/', 4);
        var posted = new Posted(
            context.Request.Method, $"{parts[1]}/{parts[2].Split('?')[0]}", parts.Length > 3 ? $"/{parts[3]}" : "", body,
            context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()));
        All.Enqueue(posted);
        await ChannelOf(posted.Function).Writer.WriteAsync(posted, context.RequestAborted);
        var answer = _answers.TryGetValue(posted.Function, out var answers) ? await answers(posted) : Answer.Fine;
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }
}
