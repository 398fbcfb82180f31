using System.CommandLine;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Local.Dapr;
using PodPool.Cli.Server;

namespace PodPool.Cli.Local;

/// <summary><c>podpool local</c>: manager, router and a pool of processes on this machine.</summary>
internal sealed class LocalCommand : Verb
{
    private const string ReadyLine = "ready ";

    /// <summary>For a parent: this platform ends when its standard input does, so it never outlives the one that started it.</summary>
    public static readonly Option<bool> UntilInputEnds = new("--until-input-ends") { Hidden = true };

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "where callers come in; port 0 takes a free one",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    private static readonly Option<string?> State = new("--state") { Description = "what is kept over restarts [default: ~/.local/state/podpool]", HelpName = "DIR" };

    private static readonly Option<int?> Warm = new Option<int?>("--warm") { Description = "warm pods to keep [default: as set before, else 4]", HelpName = "N" }.Within(0, 10_000);

    private static readonly Option<double?> MissProbability = new Option<double?>("--miss-probability")
    {
        Description = "the pool sizes itself, so that this share of first requests finds no warm pod (0.01: one of a hundred)",
        HelpName = "P",
    }.Within(0.0001, 0.9);

    private static readonly Option<int> Max = new Option<int>("--max") { Description = "pods in all; 0: no limit", HelpName = "N", DefaultValueFactory = _ => 0 }.Within(0, 100_000);

    private static readonly Option<int> Memory = new Option<int>("--memory")
    {
        Description = "memory of one pod in MiB; 0: no limit",
        HelpName = "MIB",
        DefaultValueFactory = _ => 512,
    }.Within(0, 1 << 20);

    private static readonly Option<string?> Domain = new("--domain") { Description = "call functions at FUNCTION.NAMESPACE.DOMAIN, too", HelpName = "DOMAIN" };

    private static readonly Option<string?> Console = new("--console") { Description = "where to look at pools and functions in a browser, e.g. http://127.0.0.1:8085; who reaches it may look", HelpName = "URL" };

    private static readonly Option<string?> AccessLog = new("--access-log") { Description = "write a line of JSON for each request into this file; `podpool tune` reads it", HelpName = "FILE" };

    private static readonly Option<bool> Dapr = new("--dapr") { Description = "run a daprd, too, for the functions that use Dapr; it is looked for on the PATH" };

    private static readonly Option<string?> DaprComponents = new("--dapr-components") { Description = "the folder of Dapr's components [default: ~/.dapr/components]", HelpName = "DIR" };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "log more than warnings (to standard error)" };

    public LocalCommand()
        : base("local", "Run the whole platform on this machine: manager, router and a pool of processes.")
    {
        foreach (var option in (Option[])[Listen, State, Warm, MissProbability, Max, Memory, Domain, Console, AccessLog, Dapr, DaprComponents, Verbose, UntilInputEnds])
        {
            Add(option);
        }
    }

    /// <summary>The router's address in a line that says the platform is ready; null: another line.</summary>
    public static Uri? AddressIn(string line)
        => line.StartsWith(ReadyLine, StringComparison.Ordinal) && Uri.TryCreate(line[ReadyLine.Length..].Trim(), UriKind.Absolute, out var address)
            ? address
            : null;

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var options = new LocalOptions(
            ListenAddress.Parse("--listen", context.Require(Listen)),
            NotEmpty(State, context.Get(State)) ?? UserFolders.State(context.Terminal.Environment),
            context.Get(Warm),
            context.Get(MissProbability),
            context.Get(Max),
            (long)context.Get(Memory) << 20,
            context.Get(Domain),
            context.Get(Verbose))
        {
            AccessLog = NotEmpty(AccessLog, context.Get(AccessLog)) is { } file ? AccessLogAt(file) : null,
            Console = context.Get(Console) is { } page ? ListenAddress.Parse("--console", page) : null,
            Dapr = context.Get(Dapr) || context.Get(DaprComponents) is not null
                ? new(DaprdProgram.Find(context.Terminal.Environment), DaprdProgram.Components(NotEmpty(DaprComponents, context.Get(DaprComponents))))
                : null,
        };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (context.Get(UntilInputEnds))
        {
            _ = EndWithInputAsync(context.Terminal, end);
        }

        try
        {
            var platform = await LocalPlatform.StartAsync(options, context.Terminal.Time, end.Token).ConfigureAwait(false);
            await using (platform.ConfigureAwait(false))
            {
                await platform.UntilReadyAsync(options.Warm, end.Token).ConfigureAwait(false);
                using var announced = new LocalServers(context.Terminal.Environment).Announce(
                    platform.Operator, platform.Address.GetLeftPart(UriPartial.Authority), platform.State);
                var address = platform.Address.GetLeftPart(UriPartial.Authority);
                if (platform.Console is { } console)
                {
                    context.Output.Note($"Console: {console}");
                }

                context.Output.Item(new { Ready = address, Server = platform.Operator, platform.State, platform.Console }, ReadyLine + address);
                await Task.Delay(Timeout.InfiniteTimeSpan, context.Terminal.Time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                context.Output.Note("Ending: requests in flight get a few seconds, then every pod is ended.");
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked to end before it was ready: that is an end as good as any.
        }

        return ExitCode.Ok;
    }

    /// <summary>A file or folder as it was named; a script's variable that is not set names none.</summary>
    /// <exception cref="CliException">It is empty.</exception>
    private static string? NotEmpty(Option option, string? path) => path is not null && string.IsNullOrWhiteSpace(path)
        ? throw CliException.Usage($"{option.Name} is empty: it must name a {(option.HelpName == "DIR" ? "folder" : "file")}", $"write {option.Name} {option.HelpName}, or leave it out")
        : path;

    /// <summary>The file of <c>--access-log</c>.</summary>
    /// <exception cref="CliException">It is none.</exception>
    private static string AccessLogAt(string file) => file switch
    {
        // The router's "-". Here that output has the line that says the platform is ready, for people and scripts to wait for.
        "-" => throw CliException.Usage(
            "--access-log -: standard output is where `podpool local` says that it is ready; requests go into a file",
            "write --access-log requests.jsonl, and see them with `tail -f requests.jsonl`; a file of that name is ./-"),
        _ => Path.GetFullPath(file),
    };

    private static async Task EndWithInputAsync(Terminal terminal, CancellationTokenSource end)
    {
        var input = terminal.In();
        await using (input.ConfigureAwait(false))
        {
            var buffer = new byte[64];
            while (await input.ReadAsync(buffer, end.Token).ConfigureAwait(false) > 0)
            {
                // What it says does not matter.
            }

            await end.CancelAsync().ConfigureAwait(false);
        }
    }
}
