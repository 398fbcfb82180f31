namespace RuntimeStart;

/// <summary>A way to run a pod.</summary>
/// <param name="Name">What differs.</param>
/// <param name="Runtime">The published runtime.</param>
/// <param name="Environment">K=V.</param>
/// <param name="Channel">How its loader is called.</param>
internal sealed record Variant(string Name, string Runtime, IReadOnlyList<string> Environment, LoaderChannel Channel = LoaderChannel.Socket)
{
    /// <summary>The same image, called in each way.</summary>
    public static IEnumerable<Variant> Channels(string runtime, IReadOnlyList<string> environment) =>
    [
        new("a Unix socket", runtime, environment),
        new("TCP", runtime, environment, LoaderChannel.Tcp),
        new("mutual TLS over TCP", runtime, environment, LoaderChannel.MutualTls),
    ];

    /// <summary>As shipped, and each setting of the runtime image the other way round.</summary>
    public static IEnumerable<Variant> Settings(string runtime) =>
    [
        new("as shipped", runtime, []),
        new("tiered PGO on", runtime, ["DOTNET_TieredPGO=1"]),
        new("tiered compilation off", runtime, ["DOTNET_TieredCompilation=0"]),
        new("quick JIT off", runtime, ["DOTNET_TC_QuickJit=0"]),
        new("ReadyToRun code not used", runtime, ["DOTNET_ReadyToRun=0"]),
        new("W^X off", runtime, ["DOTNET_EnableWriteXorExecute=0"]),
        new("concurrent GC", runtime, ["DOTNET_gcConcurrent=1"]),
        new("server GC", runtime, ["DOTNET_gcServer=1"]),
    ];

    /// <summary>A runtime image that was published otherwise.</summary>
    /// <param name="option">NAME=DIR.</param>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static Variant Image(string option) => option.Split('=', 2) is [var name, var folder]
        ? new(name, folder, [])
        : throw new FormatException($"'{option}' is no NAME=DIR");

    /// <summary>A runtime with other variables.</summary>
    /// <param name="option">NAME=K=V[,K=V].</param>
    /// <param name="runtime">The published runtime.</param>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static Variant Variables(string option, string runtime) => option.Split('=', 2) is [var name, var variables] && variables.Contains('=', StringComparison.Ordinal)
        ? new(name, runtime, variables.Split(','))
        : throw new FormatException($"'{option}' is no NAME=K=V[,K=V]");
}
