using System.Text.Json;
using PodPool.Router.Routing;

namespace PodPool.Router.AccessLogging;

/// <summary>One request that is over.</summary>
/// <param name="Came">When it came.</param>
/// <param name="Function">Whose it was.</param>
/// <param name="Method">Of HTTP.</param>
/// <param name="Status">Of the answer; 499: its caller left before there was one.</param>
/// <param name="Start">How it came to its instance: one of <see cref="Contracts.StartOutcome"/>.</param>
/// <param name="Held">How long it was held.</param>
/// <param name="Duration">From its coming until its answer was passed on whole.</param>
/// <param name="Instance">Which served it; null: none.</param>
internal readonly record struct AccessEntry(
    DateTimeOffset Came, FunctionId Function, string Method, int Status, string Start, TimeSpan Held, TimeSpan Duration, string? Instance)
{
    /// <summary>
    /// As a JSON object; times in seconds. Of the address only the function is told, of headers and caller nothing: they may hold what no log should.
    /// </summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("time", Came.UtcDateTime);
        json.WriteString("function", Function.ToString());
        json.WriteNumber("duration", Seconds(Duration));
        json.WriteNumber("held", Seconds(Held));
        json.WriteString("start", Start);
        json.WriteString("method", Method);
        json.WriteNumber("status", Status);
        if (Instance is not null)
        {
            json.WriteString("instance", Instance);
        }

        json.WriteEndObject();
    }

    /// <summary>To the microsecond.</summary>
    private static decimal Seconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond / 1_000_000m;
}
