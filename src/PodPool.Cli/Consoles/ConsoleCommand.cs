using System.CommandLine;
using System.Net;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Consoles;

/// <summary><c>podpool console</c>: the page of the manager that leads on a cluster, at an address of this machine.</summary>
internal sealed class ConsoleCommand : Verb
{
    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "where the page is; port 0 takes a free one",
        HelpName = "URL",
        DefaultValueFactory = _ => $"http://127.0.0.1:{LeaderPort.ConsolePort}",
    };

    public ConsoleCommand()
        : base("console", "Open the way to a cluster's console: pools, functions and starts, live, in a browser. Of `podpool local` it is at --console URL.")
    {
        Add(Listen);
        ClusterOptions.AddTo(this);
    }

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var url = context.Require(Listen);
        var wanted = ListenAddress.Parse("--listen", url);
        if (!IPAddress.IsLoopback(wanted.Address))
        {
            // Who reaches it may look with the rights of whoever opened it.
            throw CliException.Usage($"--listen {url}: that is no address of this machine alone", "write http://127.0.0.1:PORT");
        }

        using var cluster = ClusterOptions.Open(context.Arguments, context.Terminal);
        using var forward = ConsoleForward.Listen(cluster, wanted);

        // Whether there is one at all is said now, not when a browser asks.
        await using (await cluster.Leader.ConnectAsync(LeaderPort.ConsolePort, cancellationToken).ConfigureAwait(false))
        {
            var page = $"http://{forward.Address}/console";
            context.Output.Item(new { Console = page }, $"console {page}");
        }

        await forward.RunAsync(cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }
}
