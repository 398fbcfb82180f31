using System.Globalization;
using System.Text.Json;

namespace PodPool.Cli.Functions;

/// <summary>A pod's structured log line as a person reads it; what a function wrote in a form of its own is left alone.</summary>
internal static class ReadableLogLine
{
    public static string Of(string line)
    {
        if (!line.StartsWith('{'))
        {
            return line;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (Text(root, "timestamp") is not { } timestamp || Text(root, "message") is not { } message
                || !DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                return line;
            }

            var exception = Text(root, "exception") is { } thrown ? Environment.NewLine + thrown : "";
            return string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:HH:mm:ss.fff} {Short(Text(root, "level"))} {message}{exception}");
        }
        catch (JsonException)
        {
            return line;
        }
    }

    private static string? Text(JsonElement element, string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Short(string? level) => level switch
    {
        "Trace" => "trace",
        "Debug" => "debug",
        "Warning" => "warn ",
        "Error" => "error",
        "Critical" => "fatal",
        _ => "info ",
    };
}
