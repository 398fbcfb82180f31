namespace PodPool.Cli.CommandLine;

/// <summary>Everything of the surrounding process that a verb may use.</summary>
/// <param name="Out">Answers.</param>
/// <param name="Error">Errors, warnings, progress and logs.</param>
/// <param name="In">What is piped in.</param>
/// <param name="OutIsTerminal">A person reads the answers.</param>
/// <param name="ErrorIsTerminal">A person watches the progress.</param>
/// <param name="Environment">Environment variables.</param>
/// <param name="Time">The clock.</param>
internal sealed record Terminal(
    TextWriter Out,
    TextWriter Error,
    Func<Stream> In,
    bool OutIsTerminal,
    bool ErrorIsTerminal,
    Func<string, string?> Environment,
    TimeProvider Time)
{
    /// <summary>Columns of a terminal; null: as many as it says itself.</summary>
    public int? Width { get; init; }

    public static Terminal OfProcess() => new(
        Console.Out,
        Console.Error,
        Console.OpenStandardInput,
        !Console.IsOutputRedirected,
        !Console.IsErrorRedirected,
        System.Environment.GetEnvironmentVariable,
        TimeProvider.System);
}
