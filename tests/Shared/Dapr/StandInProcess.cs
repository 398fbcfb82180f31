using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PodPool.DaprStandIn.Starting;

/// <summary>The stand-in for daprd as a process of its own, which can end and come back on the ports that it had.</summary>
internal sealed class StandInProcess : IAsyncDisposable
{
    private static readonly string Program = typeof(StandInProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "DaprStandIn").Value!;

    private readonly StandInOptions _options;
    private readonly DirectoryInfo _resources = Directory.CreateTempSubdirectory("daprd");
    private readonly List<string> _output = [];
    private Process? _process;
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    private StandInProcess(StandInOptions options) => _options = options;

    public int HttpPort { get; private set; }

    public int GrpcPort { get; private set; }

    public string HttpAddress => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{HttpPort}");

    public string GrpcAddress => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{GrpcPort}");

    /// <summary>What it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public static async Task<StandInProcess> StartAsync(StandInOptions options)
    {
        var standIn = new StandInProcess(options);
        for (var i = 0; i < options.Resources.Count; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(standIn._resources.FullName, string.Create(CultureInfo.InvariantCulture, $"{i:D2}.yaml")), options.Resources[i], CancellationToken.None);
        }

        try
        {
            await standIn.StartAgainAsync();
            return standIn;
        }
        catch
        {
            await standIn.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it once more, on the ports that it had.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task StartAgainAsync()
    {
        lock (_output)
        {
            _output.Clear();
        }

        List<string> arguments =
        [
            Program, "--app-id", _options.AppId, "--dapr-http-port", Text(HttpPort), "--dapr-grpc-port", Text(GrpcPort), "--resources-path", _resources.FullName,
            .. _options.AppPort > 0 ? (string[])["--app-port", Text(_options.AppPort), "--app-protocol", _options.AppProtocol] : [],
            .. _options.Flags,
        ];
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in ((string, string?)[])[("DAPR_API_TOKEN", _options.ApiToken), ("APP_API_TOKEN", _options.AppToken)])
        {
            start.Environment.Remove(name);
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }

        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        HttpPort = PortIn(await SaysAsync("HTTP server is running on port "));
        GrpcPort = PortIn(await SaysAsync("API gRPC server is running on port "));
        if (_options.UntilReady)
        {
            await SaysAsync("dapr initialized. Status: Running.");
        }
    }

    /// <summary>Waits until it has said something.</summary>
    /// <returns>The line.</returns>
    /// <exception cref="InvalidOperationException">It ended before it did.</exception>
    public async Task<string> SaysAsync(string text)
    {
        while (true)
        {
            Task more;
            lock (_output)
            {
                if (_output.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                more = _said.Task;
            }

            if (await Task.WhenAny(more, _reading).WaitAsync(TimeSpan.FromSeconds(90)) == _reading && !Output.Contains(text, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"daprd ended before it said '{text}':\n{Output}");
            }
        }
    }

    /// <summary>Asks it to end (SIGTERM), and waits until it has.</summary>
    /// <returns>What it ended with.</returns>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("/bin/sh", ["-c", "kill -TERM $0", Text(_process!.Id)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        return await EndedAsync();
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndedAsync();
    }

    /// <summary>Waits until it has ended of itself.</summary>
    /// <returns>What it ended with.</returns>
    public async Task<int> EndedAsync()
    {
        await _process!.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(90));
        await _reading;
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        _resources.Delete(recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int PortIn(string line) => int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync(CancellationToken.None) is { } line)
        {
            TaskCompletionSource said;
            lock (_output)
            {
                _output.Add(line);
                (said, _said) = (_said, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            said.SetResult();
        }
    }
}
