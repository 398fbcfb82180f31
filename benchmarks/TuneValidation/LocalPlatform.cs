using System.Diagnostics;
using Grpc.Net.Client;
using PodPool.Contracts.V1;

namespace PodPool.Benchmarks;

/// <summary>A <c>podpool local</c> of its own, with a function under several names.</summary>
internal sealed class LocalPlatform : IAsyncDisposable
{
    private const string Ready = "ready ";

    private readonly string _folder;
    private readonly Process _process;
    private readonly GrpcChannel _channel;

    private LocalPlatform(string folder, Process process, Uri router)
    {
        (_folder, _process, Router) = (folder, process, router);
        _channel = GrpcChannel.ForAddress(router, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false } });
        Operator = new(_channel);
    }

    public Uri Router { get; }

    public Operator.OperatorClient Operator { get; }

    public static async Task<LocalPlatform> StartAsync(int warm, int functions, int concurrency, TimeSpan idleTimeout)
    {
        var folder = Directory.CreateTempSubdirectory("podpool-tune-").FullName;
        var environment = new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = folder };
        var process = Programs.Start(
            "dotnet", ["exec", Programs.Built("src/PodPool.Cli", "podpool.dll"), "local", "--listen", "http://127.0.0.1:0", "--state", Path.Combine(folder, "state"), "--warm", $"{warm}"], environment);
        _ = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(Ready, StringComparison.Ordinal))
            {
                continue;
            }

            var platform = new LocalPlatform(folder, process, new Uri(line[Ready.Length..].Trim()));
            for (var i = 0; i < functions; i++)
            {
                await Programs.RunAsync(
                    environment, "deploy", Programs.Built("src/samples/Slow", "Slow.dll"), "--name", $"f{i}", "--concurrency", $"{concurrency}",
                    "--idle-timeout", FormattableString.Invariant($"{idleTimeout.TotalSeconds}"), "--server", platform.Router.GetLeftPart(UriPartial.Authority));
            }

            return platform;
        }

        throw new InvalidOperationException("podpool local did not come up.");
    }

    public async Task<PoolStatus> PoolAsync() => (await Operator.ListPoolsAsync(new())).Pools[0];

    /// <summary>Ends all instances, and waits until the pool is full and rests.</summary>
    public async Task RestAsync(int functions)
    {
        for (var i = 0; i < functions; i++)
        {
            await Operator.EvictFunctionAsync(new() { Namespace = "default", Name = $"f{i}" });
        }

        while (await PoolAsync() is var pool && (pool.Warm < pool.Size || pool.Starting + pool.Serving + pool.Claimed + pool.Draining > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Programs.EndAsync(_process);
        Directory.Delete(_folder, recursive: true);
    }
}
