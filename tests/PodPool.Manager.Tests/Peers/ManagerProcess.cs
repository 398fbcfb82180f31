using System.Diagnostics;
using System.Globalization;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A manager in a process of its own, that can be killed.</summary>
internal sealed class ManagerProcess : IDisposable
{
    private readonly Process _process;

    private ManagerProcess(Process process) => _process = process;

    public static ManagerProcess Start(ManagerOptions options)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "PodPool.Manager.dll"),
                "--state", options.StateFolder, "--runtime", options.RuntimeFolder, "--listen", options.Listen,
                "--warm", options.Pools[0].Warm.ToString(CultureInfo.InvariantCulture),
            },
        };

        // One that is killed would leave its debugger's sockets in the temporary folder, which it must share with whoever follows it.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new(Process.Start(start)!);
    }

    public async Task UntilListeningAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("listening ", StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail("the manager ended before it listened");
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
