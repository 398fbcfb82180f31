using System.CommandLine;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Clusters;

/// <summary>The options that name a cluster, and where in it PodPool is.</summary>
internal static class ClusterOptions
{
    /// <summary>A context, for those who always work with the same cluster.</summary>
    public const string ContextVariable = "PODPOOL_CONTEXT";

    public const string DefaultInstallation = "podpool-system";

    public static readonly Option<string?> Context = new("--context")
    {
        Description = $"a cluster, by a context of the kubeconfig [default: {ContextVariable}]",
        HelpName = "NAME",
    };

    public static readonly Option<string?> KubeConfig = new("--kubeconfig")
    {
        Description = "the kubeconfig; without --context its current context [default: KUBECONFIG, else ~/.kube/config]",
        HelpName = "FILE",
    };

    public static readonly Option<string?> Installation = new("--installation")
    {
        Description = $"the namespace in which PodPool is installed [default: {DefaultInstallation}]",
        HelpName = "NS",
    };

    private static readonly Option<string?>[] All = [Context, KubeConfig, Installation];

    /// <summary>Adds them to a verb that works with a cluster or with a manager's address.</summary>
    public static void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(CommonOptions.Server) is { Implicit: false } && All.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } other)
            {
                result.AddError($"Name a manager by --server or a cluster by {other.Name}, not both.");
            }
        });
    }

    /// <summary>The cluster that is meant; null: none, but a manager by its address.</summary>
    /// <exception cref="CliException">It is named, and cannot be reached so.</exception>
    public static Cluster? Find(ParseResult arguments, Terminal terminal)
    {
        if (All.Any(option => arguments.GetResult(option) is { Implicit: false }))
        {
            return Open(arguments, terminal);
        }

        return arguments.GetValue(CommonOptions.Server) is null && terminal.Environment(Server.ServerAddress.Variable) is not { Length: > 0 } && terminal.Environment(ContextVariable) is { Length: > 0 }
            ? Open(arguments, terminal)
            : null;
    }

    /// <summary>The cluster that is named, else that of the current context.</summary>
    /// <exception cref="CliException">It cannot be reached so.</exception>
    public static Cluster Open(ParseResult arguments, Terminal terminal)
    {
        var context = arguments.GetValue(Context);
        if (context is null && arguments.GetValue(KubeConfig) is null && terminal.Environment(ContextVariable) is { Length: > 0 } named)
        {
            context = named;
        }

        return new(KubeContext.Read(arguments.GetValue(KubeConfig), context, terminal), arguments.GetValue(Installation) ?? DefaultInstallation, terminal.Time);
    }
}
