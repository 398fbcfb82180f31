using System.Globalization;

namespace PodPool.Cli.Output;

/// <summary>How quantities and tables look to a person.</summary>
internal static class Show
{
    /// <summary>"4.2 ms", "1.3 s".</summary>
    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        < 0.01 => "0 ms",
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0#} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms"),
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:#,0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s"),
    };

    /// <summary>"812 B", "14 KB", "5.3 MB".</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} KB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };

    /// <summary>"3 s ago".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now)
    {
        var seconds = Math.Max(0, (now - then).TotalSeconds);
        return seconds switch
        {
            < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s ago"),
            < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min ago"),
            < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0} h ago"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0} d ago"),
        };
    }

    /// <summary>Columns without lines, as lists of things look in a shell.</summary>
    public static ShellTable Columns(params ReadOnlySpan<string> headers) => new(headers);
}
