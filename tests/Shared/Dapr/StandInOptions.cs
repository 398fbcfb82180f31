namespace PodPool.DaprStandIn.Starting;

/// <summary>How the stand-in for daprd is started.</summary>
internal sealed record StandInOptions
{
    public string AppId { get; init; } = "app";

    /// <summary>0: there is no application.</summary>
    public int AppPort { get; init; }

    /// <summary>http or grpc.</summary>
    public string AppProtocol { get; init; } = "http";

    /// <summary>Files of components and subscriptions, as <see cref="ComponentFile"/> writes them.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>What callers must send; null: nothing.</summary>
    public string? ApiToken { get; init; }

    /// <summary>What the application is sent; null: nothing.</summary>
    public string? AppToken { get; init; }

    /// <summary>Flags beside these.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>The start is over when it says that all is ready; else as soon as its ports are known.</summary>
    public bool UntilReady { get; init; } = true;
}
