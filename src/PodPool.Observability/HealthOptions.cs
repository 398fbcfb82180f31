namespace PodPool.Observability;

/// <summary>Where a process tells how it is, and what it tells.</summary>
public sealed record HealthOptions
{
    /// <summary>Where it listens (HTTP/1.1).</summary>
    /// <value>An IP address and a port.</value>
    public required System.Net.IPEndPoint Listen { get; init; }

    /// <summary>Why the process is not ready for what it is there for; null: it is. Asked at each probe: must answer at once.</summary>
    public required Func<string?> NotReady { get; init; }

    /// <summary>The meters that are shown, beside those of the runtime.</summary>
    public IReadOnlyList<string> Meters { get; init; } = [];

    /// <summary>Instruments of them that have a series for each function: they may have 20,000 and not 2,000, for 2 MB each.</summary>
    public IReadOnlyList<string> ManySeries { get; init; } = [];

    /// <summary>The sources whose spans are sent where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says, if it says so.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The name of the service in what is sent.</summary>
    public required string Service { get; init; }
}
