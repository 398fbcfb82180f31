using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Server;

namespace PodPool.Cli.Local;

/// <summary>
/// A <c>podpool local</c> of one's own, in a process and a state folder of its own: what is shown or measured is what a user has. It ends
/// with its owner, however that ends.
/// </summary>
internal sealed class LocalPlatformProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TemporaryFolder _folder;

    private LocalPlatformProcess(Process process, TemporaryFolder folder, Uri router)
    {
        _process = process;
        _folder = folder;
        Router = router;
    }

    /// <summary>Where its router listens, and its operator service too.</summary>
    public Uri Router { get; }

    public ServerAddress Server => new(Router.GetLeftPart(UriPartial.Authority), "its own local platform");

    /// <summary>Starts one on a free port; returns when its pool is warm.</summary>
    /// <exception cref="CliException">It did not come up; the message has what it said.</exception>
    public static async Task<LocalPlatformProcess> StartAsync(int warm, CancellationToken cancellationToken)
    {
        var folder = new TemporaryFolder("podpool");
        var start = new ProcessStartInfo(DotNetCli.FileName())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "podpool.dll"), "local",
                "--listen", "http://127.0.0.1:0",
                "--state", Path.Combine(folder.Path, "state"),
                "--warm", warm.ToString(CultureInfo.InvariantCulture),
                LocalCommand.UntilInputEnds.Name,
            },
        };

        // Other verbs of this user's do not find it.
        start.Environment["XDG_RUNTIME_DIR"] = folder.Path;
        var process = Process.Start(start) ?? throw CliException.Failed($"'{start.FileName}' could not be started");
        var said = Channel.CreateUnbounded<string>();
        process.OutputDataReceived += (_, line) => said.Writer.TryWrite(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => said.Writer.TryWrite(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var router = await UntilReadyAsync(process, said.Reader, cancellationToken).ConfigureAwait(false);
            return new(process, folder, router);
        }
        catch
        {
            await EndAsync(process).ConfigureAwait(false);
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_process).ConfigureAwait(false);
        _folder.Dispose();
    }

    private static async Task<Uri> UntilReadyAsync(Process process, ChannelReader<string> said, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        var ended = process.WaitForExitAsync(patience.Token);
        List<string> lines = [];
        try
        {
            while (true)
            {
                var next = said.ReadAsync(patience.Token).AsTask();
                if (await Task.WhenAny(next, ended).ConfigureAwait(false) == ended && !next.IsCompleted)
                {
                    break;
                }

                var line = await next.ConfigureAwait(false);
                if (LocalCommand.AddressIn(line) is { } address)
                {
                    return address;
                }

                lines.Add(line);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"it was not ready after {StartPatience.TotalSeconds:0} s"));
        }

        throw CliException.Failed(
            $"a local platform of its own did not start:{Environment.NewLine}{string.Join(Environment.NewLine, lines.Where(line => line.Length > 0).TakeLast(10))}");
    }

    /// <summary>The end of its input asks it to end; it takes its pods with it.</summary>
    private static async Task EndAsync(Process process)
    {
        try
        {
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(EndPatience);
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            process.Dispose();
        }
    }
}
