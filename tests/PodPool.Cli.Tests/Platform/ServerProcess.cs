using System.Diagnostics;
using System.Globalization;
using System.Text;
using PodPool.Cli.Deploy;

namespace PodPool.Cli.Tests.Platform;

/// <summary>A manager or router as an operator starts it: a process of its own, that can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <param name="terminal">Whose folders it uses.</param>
    /// <param name="assembly">Beside the tests.</param>
    /// <param name="arguments">Its command line.</param>
    public static ServerProcess Start(TestTerminal terminal, string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo(DotNetCli.FileName(), ["exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_RUNTIME_DIR"] = terminal.Terminal.Environment("XDG_RUNTIME_DIR");
        var process = new Process { StartInfo = start };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until it can be connected to.</summary>
    public async Task UntilListeningAsync(string socket)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!File.Exists(socket))
        {
            Assert.False(_process.HasExited, $"it ended before it listened: {Said()}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Without a warning, as when its machine runs out of memory.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Asks it to end.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StopAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return _said.ToString();
        }
    }
}
