namespace PodPool.Cli.CommandLine;

/// <summary>What the process ends with. Scripts rely on these; <c>podpool --help</c> and the README list them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Unreachable = 3;
    public const int NotFound = 4;
    public const int Refused = 5;
    public const int ErrorAnswer = 6;
    public const int Unsound = 7;

    /// <summary>Of sysexits.h, EX_SOFTWARE: no other program's 1 or 2 is taken for it.</summary>
    public const int Unexpected = 70;
    public const int Interrupted = 130;

    /// <summary>Each code and its meaning, in the words of the help.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (Failed, "failed; the message says why"),
        (Usage, "the command line is wrong"),
        (Unreachable, "no manager answers, or no API server"),
        (NotFound, "no such function or pool"),
        (Refused, "the package is at fault: its files, framework, architecture or entry point, or its start-up failed"),
        (ErrorAnswer, "invoke: the function was called and answered with an HTTP status of 400 or above"),
        (Unsound, "check: something of the installation is missing or wrong"),
        (Unexpected, "unexpected: a defect of podpool itself; please report it"),
        (Interrupted, "interrupted"),
    ];
}
