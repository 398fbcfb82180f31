using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.Functions;

namespace Streaming;

/// <summary>Streams both ways: GET answers with server-sent events, POST sends the request's body back while it still arrives.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/Streaming --name streaming
/// curl -N 'http://127.0.0.1:8080/default/streaming?count=5&amp;interval=0.5'
/// (echo one; sleep 2; echo two) | curl -N -T - -X POST http://127.0.0.1:8080/default/streaming
/// </code>
/// </example>
public sealed class StreamingFunction(TimeProvider time) : IHttpFunction
{
    public Task HandleAsync(HttpContext context)
        => HttpMethods.IsGet(context.Request.Method) ? TickAsync(context) : EchoAsync(context);

    private Task TickAsync(HttpContext context)
    {
        if (!TryRead(context.Request.Query["count"], 10, 1, 100_000, out var count)
            || !TryRead(context.Request.Query["interval"], 1, 0, 60, out var seconds))
        {
            return TypedResults
                .Problem("count must be a number from 1 to 100000, and interval one of seconds from 0 to 60.", statusCode: StatusCodes.Status400BadRequest)
                .ExecuteAsync(context);
        }

        return TypedResults
            .ServerSentEvents(TicksAsync((int)count, TimeSpan.FromSeconds(seconds), context.RequestAborted))
            .ExecuteAsync(context);
    }

    private async IAsyncEnumerable<SseItem<Tick>> TicksAsync(
        int count, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = 1; number <= count; number++)
        {
            if (number > 1 && interval > TimeSpan.Zero)
            {
                await Task.Delay(interval, time, cancellationToken);
            }

            yield return new SseItem<Tick>(new Tick(number, time.GetUtcNow()), "tick")
            {
                EventId = number.ToString(CultureInfo.InvariantCulture),
            };
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType ?? "application/octet-stream";
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();

        // The caller may want the head of the response before it sends the first byte.
        await context.Response.StartAsync(context.RequestAborted);
        var input = context.Request.BodyReader;
        var output = context.Response.BodyWriter;
        while (true)
        {
            var read = await input.ReadAsync(context.RequestAborted);
            foreach (var part in read.Buffer)
            {
                await output.WriteAsync(part, context.RequestAborted);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static bool TryRead(string? text, double absent, double min, double max, out double value)
    {
        value = absent;
        return string.IsNullOrEmpty(text)
            || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);
    }
}

/// <summary>What each event says.</summary>
public sealed record Tick(int Number, DateTimeOffset At);

/// <summary>The clock is a service, so that a test need not wait for real seconds.</summary>
public sealed class Startup : IFunctionStartup
{
    public void Configure(IServiceCollection services, IConfiguration configuration) => services.TryAddSingleton(TimeProvider.System);
}
