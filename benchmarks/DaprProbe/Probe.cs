using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace DaprProbe;

/// <summary>Says where its door is, and writes down which events came and when.</summary>
public sealed class Probe : IHttpFunction
{
    private static readonly Lock Appending = new();

    private static readonly string? Log = Environment.GetEnvironmentVariable("EVENTS");

    public async Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Request.Method == "GET")
        {
            await context.Response.WriteAsync($"{Environment.GetEnvironmentVariable("DAPR_HTTP_ENDPOINT")} {Environment.GetEnvironmentVariable("DAPR_API_TOKEN")} {Environment.ProcessId}");
            return;
        }

        var at = Stopwatch.GetTimestamp();
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var line = string.Create(CultureInfo.InvariantCulture, $"{cloudEvent.RootElement.GetProperty("data").GetInt64()} {at}\n");

        // An append of .NET's writes where the end was when the file was opened.
        lock (Appending)
        {
            File.AppendAllText(Log!, line);
        }
    }
}
