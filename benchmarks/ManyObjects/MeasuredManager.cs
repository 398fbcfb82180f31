using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using PodPool.Ports;

namespace PodPool.Benchmarks;

/// <summary>A manager as a program of its own, outside the cluster.</summary>
internal sealed class MeasuredManager : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Process _process;

    private MeasuredManager(Process process, TimeSpan ready) => (_process, Ready) = (process, ready);

    /// <summary>From its start until it said that it is ready: it knows all that there is, and can lead at any moment.</summary>
    public TimeSpan Ready { get; }

    /// <summary>Resident bytes now.</summary>
    public long ResidentBytes => Status("VmRSS:");

    /// <summary>The most that were resident.</summary>
    public long PeakBytes => Status("VmHWM:");

    /// <summary>Starts one, and waits until it is ready.</summary>
    /// <param name="namespace">Of the installation.</param>
    /// <param name="folder">For what it keeps.</param>
    /// <param name="registry">A registry without TLS.</param>
    /// <exception cref="InvalidOperationException">It ended.</exception>
    public static async Task<MeasuredManager> StartAsync(string @namespace, string folder, string registry)
    {
        var (listen, operators, health) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var start = new ProcessStartInfo(Path.Combine(Provenance.RepositoryFolder(), "src/PodPool.Manager/bin/Release/net10.0/PodPool.Manager"))
        {
            ArgumentList =
            {
                "--kubernetes", "--state", folder, "--listen", $"http://127.0.0.1:{listen}", "--operators", $"http://127.0.0.1:{operators}", "--health", $"http://127.0.0.1:{health}",
                "--insecure-registry", registry, "--kubeconfig", Environment.GetEnvironmentVariable("KUBECONFIG")!,
            },
            Environment = { ["POD_NAME"] = "many-objects", ["POD_NAMESPACE"] = @namespace },
            RedirectStandardOutput = true,
        };
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("warn:", StringComparison.Ordinal) == true || line.Data?.Contains("fail:", StringComparison.Ordinal) == true)
            {
                Console.Error.WriteLine(line.Data);
            }
        };
        process.BeginOutputReadLine();
        var address = new Uri($"http://127.0.0.1:{health}");
        while (!await IsReadyAsync(address))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"the manager ended with {process.ExitCode}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return new(process, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Processor time over a time, as a share of one processor.</summary>
    public async Task<double> LoadAsync(TimeSpan during)
    {
        _process.Refresh();
        var (before, began) = (_process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(during, TimeProvider.System);
        _process.Refresh();
        return (_process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(began);
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", [_process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(Uri health)
    {
        try
        {
            using var answer = await Client.GetAsync(new Uri(health, "/readyz"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>In kilobytes in the file.</summary>
    private long Status(string name) => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
}
