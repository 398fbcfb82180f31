using System.Diagnostics;
using System.Globalization;
using System.Text;
using PodPool.Cli.Deploy;
using PodPool.Cli.Local;

namespace PodPool.Cli.Tests.Local;

/// <summary>A <c>podpool local</c> as a user starts it: its own process, with a state folder that outlives it.</summary>
internal sealed class LocalProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _folder;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LocalProcess(Process process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    public int Id => _process.Id;

    public string Out => Read(_out);

    public string Error => Read(_error);

    public static LocalProcess Start(TestTerminal terminal, params string[] arguments)
    {
        var start = new ProcessStartInfo(DotNetCli.FileName(), ["exec", Path.Combine(AppContext.BaseDirectory, "podpool.dll"), "local", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in (string[])["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"])
        {
            start.Environment[name] = terminal.Terminal.Environment(name);
        }

        if (terminal.Terminal.Environment("PATH") is { } path)
        {
            start.Environment["PATH"] = path;
        }

        // One that is killed would leave its debugger's sockets in the temporary folder, which it must share with whoever follows it.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var process = new Process { StartInfo = start };
        var local = new LocalProcess(process, terminal.Folder);
        process.OutputDataReceived += (_, received) => local.Keep(local._out, received.Data);
        process.ErrorDataReceived += (_, received) => local.Keep(local._error, received.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return local;
    }

    /// <summary>The address in the line that says so.</summary>
    public async Task<Uri> ReadyAsync()
    {
        // However long it takes: a platform whose pods do not start says so itself, and ends.
        var ended = _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (await Task.WhenAny(_ready.Task, ended) == ended)
        {
            await ended;
            Assert.Fail($"it ended with {_process.ExitCode} before it was ready: {Error}");
        }

        return await _ready.Task;
    }

    public async Task<int> EndedAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async Task<int> SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await EndedAsync();
    }

    /// <summary>The processes of this platform's pods, whoever is their parent now.</summary>
    public IReadOnlyList<int> Pods() => PodProcesses.In(_folder);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        PodProcesses.KillIn(_folder);

        _process.Dispose();
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private void Keep(StringBuilder text, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (text)
        {
            text.AppendLine(line);
        }

        if (ReferenceEquals(text, _out) && LocalCommand.AddressIn(line) is { } address)
        {
            _ready.TrySetResult(address);
        }
    }
}
