using System.Diagnostics;

namespace PodPool.EndToEnd.Cluster;

/// <summary>Programs that the tests use as an operator does.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs kubectl, which must succeed.</summary>
    /// <returns>What it printed.</returns>
    public static Task<string> KubectlAsync(params string[] arguments) => RunAsync("kubectl", arguments, input: null);

    /// <summary>Applies objects.</summary>
    public static Task ApplyAsync(string json) => RunAsync("kubectl", ["apply", "-f", "-"], json);

    /// <summary>Runs a command of the environment's, with what it is about put in.</summary>
    public static Task<string> BreakAsync(string command, string what) => RunAsync("/bin/sh", ["-c", command.Replace("{0}", what, StringComparison.Ordinal)], input: null);

    /// <summary>Runs <c>podpool</c> against the current context; it must succeed.</summary>
    /// <returns>What it printed for programs and people to read; what it is doing meanwhile is not in it.</returns>
    public static Task<string> PodPoolAsync(params string[] arguments) =>
        RunAsync("dotnet", [Settings.PodPool, .. arguments, "--kubeconfig", Environment.GetEnvironmentVariable("KUBECONFIG")!], input: null);

    /// <summary>Runs a program, whatever comes of it.</summary>
    public static async Task<(int Code, string Output, string Errors)> TryAsync(string program, IEnumerable<string> arguments, string? input = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), patience.Token);
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string? input)
    {
        var (code, output, errors) = await TryAsync(program, arguments, input);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}:\n{output}{errors}");
        return output;
    }
}
