using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using PodPool.Manager.Processes;

namespace PodPool.Cli.Local.Dapr;

/// <summary>Dapr's sidecar as a child process, which is started again when it ends by itself, as a kubelet would.</summary>
internal sealed partial class DaprdProcess : IAsyncDisposable
{
    private const int LinesKept = 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(8);

    private readonly ProcessStartInfo _start;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    /// <summary>Starts it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="options">Where it listens, and what it has.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of trouble, and of what it writes.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public DaprdProcess(string program, DaprdSettings options, TimeProvider time, ILogger logger)
    {
        (_time, _logger) = (time, logger);
        _start = new(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "--app-id", "podpool",
                "--mode", "standalone",
                "--dapr-listen-addresses", "127.0.0.1",
                "--dapr-http-port", Text(options.HttpPort),
                "--dapr-grpc-port", Text(options.GrpcPort),
                "--dapr-internal-grpc-port", Text(options.InternalPort),
                "--enable-metrics=false",
                "--app-port", Text(options.AppPort),
                "--app-protocol", "http",
                "--enable-app-health-check",
                "--app-health-check-path", "/healthz",
                "--app-health-probe-interval", "1",
                "--app-health-threshold", "1",
                "--resources-path", options.Components,
                "--log-level", "info",
            },
            Environment = { ["DAPR_API_TOKEN"] = options.Token, ["APP_API_TOKEN"] = options.Token },
        };
        var first = Start();
        _running = Task.Run(() => KeepAsync(first));
    }

    /// <summary>Completes when it ends by itself for the first time.</summary>
    public Task EndedOnce => _ended.Task;

    /// <summary>What it wrote last.</summary>
    public string LastLines => string.Join(Environment.NewLine, _lines);

    /// <summary>Ends it: asked first, then for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private Process Start()
    {
        var process = Process.Start(_start) ?? throw new InvalidOperationException($"'{_start.FileName}' could not be started");
        process.OutputDataReceived += (_, line) => Wrote(line.Data);
        process.ErrorDataReceived += (_, line) => Wrote(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task KeepAsync(Process process)
    {
        var pause = FirstPause;
        while (true)
        {
            var begun = _time.GetTimestamp();
            using (process)
            {
                await UntilEndAsync(process).ConfigureAwait(false);
                if (_ending.IsCancellationRequested)
                {
                    return;
                }

                Log.Ended(_logger, process.ExitCode, LastLines);
            }

            _ended.TrySetResult();
            pause = _time.GetElapsedTime(begun) > LongestPause ? FirstPause : pause;
            await Task.Delay(pause, _time, _ending.Token).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            process = Start();
        }
    }

    private async Task UntilEndAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(_ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Signals.AskToEnd(process.Id);
            using var patience = new CancellationTokenSource(EndPatience, _time);
            try
            {
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Wrote(string? line)
    {
        if (string.IsNullOrEmpty(line))
        {
            return;
        }

        Log.Wrote(_logger, line);
        _lines.Enqueue(line);
        while (_lines.Count > LinesKept)
        {
            _lines.TryDequeue(out _);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "daprd ended with exit code {Code}; it is started again. It wrote last:\n{Lines}", EventName = "DaprdEnded")]
        public static partial void Ended(ILogger logger, int code, string lines);

        [LoggerMessage(2, LogLevel.Information, "{Line}", EventName = "DaprdWrote")]
        public static partial void Wrote(ILogger logger, string line);
    }
}

/// <summary>How daprd is set up.</summary>
/// <param name="HttpPort">Of its HTTP API, on the loopback.</param>
/// <param name="GrpcPort">Of its gRPC API, on the loopback.</param>
/// <param name="InternalPort">Where other sidecars would call it.</param>
/// <param name="AppPort">Where its application listens: the door.</param>
/// <param name="Components">A folder.</param>
/// <param name="Token">What both must show to each other.</param>
internal sealed record DaprdSettings(int HttpPort, int GrpcPort, int InternalPort, int AppPort, string Components, string Token);
