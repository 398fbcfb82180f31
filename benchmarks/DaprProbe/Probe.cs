using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace DaprProbe;

/// <summary>Says where its door is, and writes down which events came and when.</summary>
public sealed class Probe : IHttpFunction
{
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

        // One write of a line is one write of the system's, whoever else appends.
        await using var file = new FileStream(Log!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await file.WriteAsync(Encoding.UTF8.GetBytes(line), CancellationToken.None);
    }
}
