using System.Diagnostics;

namespace PodPool.Benchmarks;

/// <summary>A process of the platform, started again when it is ended from outside, as a kubelet would.</summary>
internal sealed class Part : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Func<Process> _start;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _kept;
    private Process _process;

    public Part(string program, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        _start = () =>
        {
            var process = Programs.Start(program, arguments, environment);
            _ = process.StandardOutput.ReadToEndAsync();
            _ = process.StandardError.ReadToEndAsync();
            return process;
        };
        _process = _start();
        _kept = KeepAsync();
    }

    public int Id => _process.Id;

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _kept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Programs.EndAsync(_process);
        _ending.Dispose();
    }

    private async Task KeepAsync()
    {
        while (true)
        {
            await _process.WaitForExitAsync(_ending.Token);
            await Task.Delay(Pause, TimeProvider.System, _ending.Token);
            var next = _start();
            _process.Dispose();
            _process = next;
        }
    }
}
