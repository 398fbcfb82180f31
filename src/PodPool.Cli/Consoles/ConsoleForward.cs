using System.Net;
using System.Net.Sockets;
using System.Text;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Consoles;

/// <summary>
/// A port of this machine that leads to the console of the manager that leads when a connection is made: when another takes over, the page's next connection
/// finds that one.
/// </summary>
internal sealed class ConsoleForward : IDisposable
{
    private readonly Cluster _cluster;
    private readonly Socket _listener;

    private ConsoleForward(Cluster cluster, Socket listener) => (_cluster, _listener) = (cluster, listener);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <exception cref="CliException">The address is in use.</exception>
    public static ConsoleForward Listen(Cluster cluster, IPEndPoint address)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(address);
            listener.Listen();
            return new(cluster, listener);
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            throw CliException.Failed($"{address}: {exception.Message}", "name another address with --listen http://127.0.0.1:PORT", exception);
        }
    }

    /// <summary>Carries what comes, until it is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task CarryAsync(Socket socket, CancellationToken cancellationToken)
    {
        var browser = new NetworkStream(socket, ownsSocket: true);
        await using (browser.ConfigureAwait(false))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                var manager = await _cluster.Leader.ConnectAsync(LeaderPort.ConsolePort, cancellationToken).ConfigureAwait(false);
                await using (manager.ConfigureAwait(false))
                {
                    await Task.WhenAny(browser.CopyToAsync(manager, ending.Token), manager.CopyToAsync(browser, ending.Token)).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is CliException or ApiException)
            {
                await RefuseAsync(browser, exception.Message, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException)
            {
                // One of the two has left.
            }
            finally
            {
                await ending.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says to who looks why there is nothing to see; the page tries again by itself.</summary>
    private static async Task RefuseAsync(NetworkStream browser, string why, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(why + "\n");
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        try
        {
            // A request that is left unread would take the answer with it.
            await browser.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            await browser.WriteAsync((byte[])[.. head, .. body], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // It did not wait.
        }
    }
}
