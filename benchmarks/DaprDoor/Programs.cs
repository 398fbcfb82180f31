using System.Diagnostics;
using System.Globalization;

namespace PodPool.Benchmarks;

/// <summary>Programs of this source tree, as they are built.</summary>
internal static class Programs
{
    public static string Built(string project, string file) => Path.Combine(Provenance.RepositoryFolder(), project, "bin", "Release", "net10.0", file);

    /// <summary>Runs podpool to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start("dotnet", ["exec", Built("src/PodPool.Cli", "podpool.dll"), .. arguments], environment);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"podpool {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
        }
    }

    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Asks a process to end, and waits until it has.</summary>
    public static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }
}
