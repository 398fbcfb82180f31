using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using Spectre.Console;

namespace PodPool.Cli.Check;

/// <summary><c>podpool check</c>: what of an installation is missing or wrong.</summary>
internal sealed class CheckCommand : Verb
{
    public CheckCommand()
        : base("check", "Say what is missing or wrong in an installation on a cluster, before and after: the cluster, your rights, managers, pools, functions.")
    {
        ClusterOptions.AddTo(this);
        Add(CommonOptions.Namespace);
    }

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var cluster = ClusterOptions.Open(context.Arguments, context.Terminal);
        using var server = ServerConnection.Open(cluster);
        var collector = new FactCollector(server, cluster, context.NamespaceAt(server));
        var facts = await context.Output.BusyAsync($"Looking at {cluster.Installation} in {cluster.Context}", () => collector.CollectAsync(cancellationToken)).ConfigureAwait(false);
        var findings = InstallationRules.Evaluate(facts);
        var (errors, warnings) = (findings.Count(finding => finding.Level == FindingLevel.Error), findings.Count(finding => finding.Level == FindingLevel.Warning));
        var view = new
        {
            cluster.Context,
            cluster.Installation,
            Errors = errors,
            Warnings = warnings,
            Findings = findings.Select(finding => new { Level = WordOf(finding.Level), finding.About, finding.Message, Remedy = finding.Remedy.Length == 0 ? null : finding.Remedy }),
        };
        context.Output.Result(view, console => Render(console, findings));
        return errors > 0 ? ExitCode.Unsound : ExitCode.Ok;
    }

    private static void Render(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var colour = finding.Level switch { FindingLevel.Ok => "green", FindingLevel.Note => "grey", FindingLevel.Warning => "yellow", _ => "red" };
            console.MarkupLine($"[{colour}]{WordOf(finding.Level),-8}[/] {Markup.Escape(finding.About)}: {Markup.Escape(finding.Message)}");
            if (finding.Remedy.Length > 0)
            {
                console.MarkupLineInterpolated($"         [grey]what to do:[/] {finding.Remedy}");
            }
        }
    }

    private static string WordOf(FindingLevel level) => level switch
    {
        FindingLevel.Ok => "ok",
        FindingLevel.Note => "note",
        FindingLevel.Warning => "warning",
        _ => "error",
    };
}
