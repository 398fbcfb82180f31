using System.Diagnostics;
using System.Globalization;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A port in the cluster, as an operator reaches it from outside.</summary>
internal sealed class PortForward : IAsyncDisposable
{
    private const string Loopback = "127.0.0.1:";

    private readonly Process _process;

    private PortForward(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it is here.</summary>
    public Uri Address { get; }

    /// <summary>It leads nowhere any more.</summary>
    public bool HasEnded => _process.HasExited;

    /// <param name="space">The namespace.</param>
    /// <param name="to"><c>service/NAME</c> or <c>pod/NAME</c>.</param>
    /// <param name="port">There.</param>
    public static async Task<PortForward> OpenAsync(string space, string to, int port)
    {
        var process = Process.Start(new ProcessStartInfo("kubectl", ["-n", space, "port-forward", to, string.Create(CultureInfo.InvariantCulture, $":{port}")]) { RedirectStandardOutput = true })!;

        // Forwarding from 127.0.0.1:PORT -> 5000
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException($"the port {port} of {to} could not be forwarded");
        var local = new string([.. line[(line.IndexOf(Loopback, StringComparison.Ordinal) + Loopback.Length)..].TakeWhile(char.IsAsciiDigit)]);
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        return new(process, new Uri($"http://{Loopback}{local}/"));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
