namespace PodPool.Cli.CommandLine;

/// <summary>A verb cannot do what it was asked. Shown without a stack trace.</summary>
/// <param name="exitCode">One of <see cref="CommandLine.ExitCode"/>.</param>
/// <param name="message">What is wrong, naming file, option or function.</param>
/// <param name="remedy">What to do about it; empty when nothing can be said.</param>
/// <param name="reason">The wire name of the reason, if there is one.</param>
/// <param name="inner">Where it came from.</param>
internal sealed class CliException(int exitCode, string message, string remedy = "", string reason = "", Exception? inner = null)
    : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public string Remedy { get; } = remedy;

    public string Reason { get; } = reason;

    /// <summary>An option's value is wrong.</summary>
    public static CliException Usage(string message, string remedy = "") => new(CommandLine.ExitCode.Usage, message, remedy);

    /// <summary>It failed, and it is not the command line's fault.</summary>
    public static CliException Failed(string message, string remedy = "", Exception? inner = null)
        => new(CommandLine.ExitCode.Failed, message, remedy, inner: inner);
}
