using System.CommandLine;
using System.CommandLine.Parsing;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Bench.Targets;

/// <summary>The options that say how a cluster is measured.</summary>
internal static class BenchTargets
{
    private static readonly Option<Uri?> Router = CheckedOptions.Url("--router", "cluster: where this machine reaches the routers; requests are sent there");

    private static readonly Option<string?> Plain = new("--plain")
    {
        Description = "cluster: an ordinary Deployment of the scenario's function, scaled from no pod to one to compare with",
        HelpName = "NS/NAME",
    };

    private static readonly Option<Uri?> PlainUrl = CheckedOptions.Url("--plain-url", "what answers when a pod of --plain serves");

    /// <summary>Whether a Deployment to compare with is named.</summary>
    public static bool HasPlain(CommandResult result) => result.GetValue(Plain) is not null;

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Router, Plain, PlainUrl])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(Plain) is null != result.GetResult(PlainUrl) is null)
            {
                result.AddError("--plain and --plain-url go together.");
            }
        });
    }

    /// <summary>For a bench of a manager that is named by its address.</summary>
    /// <exception cref="CliException">One of them was given.</exception>
    public static void Refuse(VerbContext context)
    {
        if (context.Get(Router) is not null || context.Get(Plain) is not null)
        {
            throw CliException.Usage("--router and --plain are a cluster's", "name the cluster with --context");
        }
    }

    /// <summary>What the options and the connection name.</summary>
    /// <param name="context">The options.</param>
    /// <param name="server">Connected to it.</param>
    /// <param name="namedBy">Who named a manager's address; null for a cluster.</param>
    /// <param name="scenarios">How many are measured.</param>
    /// <exception cref="CliException">They do not fit together.</exception>
    public static IBenchTarget Choose(VerbContext context, ServerConnection server, string? namedBy, int scenarios)
    {
        if (server.Cluster is not { } cluster)
        {
            return new ManagerTarget(server.Operator, namedBy ?? "", context.Terminal.Time);
        }

        if (context.Get(Router) is not { } router)
        {
            throw CliException.Usage(
                "a bench of a cluster sends its requests to the routers, and needs their address",
                $"name it with --router: that of your ingress, or of the Service podpool-router of '{cluster.Installation}' from a machine of the cluster's network");
        }

        if (context.Get(Plain) is not { } plain)
        {
            return new ClusterTarget(cluster, server.Operator, router, null);
        }

        if (scenarios > 1)
        {
            throw CliException.Usage("--plain is compared with one function", "name one with --scenario or --package");
        }

        return plain.Split('/') is [{ Length: > 0 } space, { Length: > 0 } name]
            ? new ClusterTarget(cluster, server.Operator, router, new(cluster, new(space, name), context.Get(PlainUrl)!))
            : throw CliException.Usage($"'{plain}' is no NAMESPACE/NAME");
    }
}
