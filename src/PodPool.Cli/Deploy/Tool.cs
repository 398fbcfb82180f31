using System.ComponentModel;
using System.Diagnostics;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Deploy;

/// <summary>What a program left.</summary>
/// <param name="ExitCode">0: it did what it was asked.</param>
/// <param name="Lines">What it wrote, standard output and error as they came.</param>
internal sealed record ToolResult(int ExitCode, IReadOnlyList<string> Lines);

/// <summary>Runs a program to its end.</summary>
internal static class Tool
{
    /// <exception cref="CliException">There is no such program.</exception>
    public static async Task<ToolResult> RunAsync(
        string fileName,
        IEnumerable<string> arguments,
        string folder,
        IReadOnlyDictionary<string, string?> variables,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        var lines = new List<string>();
        void Keep(object sender, DataReceivedEventArgs received)
        {
            if (received.Data is { } line)
            {
                lock (lines)
                {
                    lines.Add(line);
                }
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw CliException.Failed(
                $"'{fileName}' cannot be run: {exception.Message}", "install the .NET 10 SDK (https://dot.net) and see that it is on the PATH", exception);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        lock (lines)
        {
            return new(process.ExitCode, [.. lines]);
        }
    }
}
