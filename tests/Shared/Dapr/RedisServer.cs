using System.Diagnostics;
using System.Globalization;
using PodPool.Ports;

namespace PodPool.DaprStandIn.Starting;

/// <summary>A real Redis on a free port, which keeps nothing on disk: Debian's redis-server.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly string? Program = new[] { "/usr/bin/redis-server", "/usr/local/bin/redis-server" }.FirstOrDefault(File.Exists);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("redis");
    private Process? _process;

    private RedisServer()
    {
    }

    public int Port { get; private set; }

    /// <summary>As components of Dapr name it.</summary>
    public string Host => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>One that answers. Skips the test where the program is not installed.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        Assert.SkipWhen(Program is null, "redis-server is not installed (Debian's package redis-server)");
        var server = new RedisServer();

        // Somebody else may have taken the port meanwhile.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            if (await server.TryStartAsync())
            {
                return server;
            }
        }

        await server.DisposeAsync();
        throw new InvalidOperationException("redis-server ends whenever it is started");
    }

    /// <summary>Gone at once, with all that it held.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<bool> TryStartAsync()
    {
        Port = FreePorts.Next();
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "", "--appendonly", "no",
            "--daemonize", "no", "--notify-keyspace-events", "KA", "--loglevel", "notice",
        ];
        _process = Process.Start(new ProcessStartInfo(Program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                // So that it is never held up by a full pipe.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return true;
            }
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
        return false;
    }
}
