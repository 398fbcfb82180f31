using System.Text.Json;

namespace PodPool.Manager.WebConsole;

/// <summary>Messages as a browser's EventSource reads them (HTML Living Standard, 9.2 Server-sent events).</summary>
internal static class EventStream
{
    /// <summary>The event with everything.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>The event with what has changed.</summary>
    public const string Change = "change";

    /// <summary>A comment: says that the other side is there.</summary>
    public static readonly ReadOnlyMemory<byte> Nothing = ":\n\n"u8.ToArray();

    /// <summary>An event; its data are one line, as JSON escapes line ends.</summary>
    public static ReadOnlyMemory<byte> Write(string name, ConsoleMessage message)
    {
        using var bytes = new MemoryStream();
        bytes.Write("event: "u8);
        bytes.Write(System.Text.Encoding.ASCII.GetBytes(name));
        bytes.Write("\ndata: "u8);
        JsonSerializer.Serialize(bytes, message, ConsoleJson.Default.ConsoleMessage);
        bytes.Write("\n\n"u8);
        return bytes.ToArray();
    }
}
