using System.CommandLine;
using System.CommandLine.Parsing;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Deploy;

/// <summary>What only a function on a cluster has.</summary>
/// <param name="PullSecret">Of the registry, for who fetches the package; null: none.</param>
/// <param name="References">Variables whose values are in Secrets and ConfigMaps.</param>
/// <param name="Patience">How long the function gets to be ready; zero: nobody waits.</param>
internal sealed record ClusterFunction(string? PullSecret, IReadOnlyList<FunctionVariable> References, TimeSpan Patience);

/// <summary>The options for it.</summary>
internal static class ClusterFunctionOptions
{
    private const double MaxSeconds = 3600;

    private static readonly Option<string[]> Secrets = new("--env-secret")
    {
        Description = "cluster: a variable whose value is a key of a Secret in the function's namespace",
        HelpName = "K=SECRET/KEY",
    };

    private static readonly Option<string[]> ConfigMaps = new("--env-config")
    {
        Description = "cluster: a variable whose value is a key of a ConfigMap in the function's namespace",
        HelpName = "K=CONFIGMAP/KEY",
    };

    private static readonly Option<string?> PullSecret = new("--pull-secret")
    {
        Description = "cluster: the Secret in the function's namespace that opens the registry for reading",
        HelpName = "SECRET",
    };

    private static readonly Option<double> Wait = new Option<double>("--wait")
    {
        Description = "cluster: seconds the function gets to be ready; 0: do not wait",
        HelpName = "S",
        DefaultValueFactory = _ => 60,
    }.Within(0, MaxSeconds);

    private static readonly Option[] All = [Secrets, ConfigMaps, PullSecret, Wait];

    static ClusterFunctionOptions()
    {
        Secrets.Validators.Add(CheckReferences);
        ConfigMaps.Validators.Add(CheckReferences);
    }

    public static void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    public static ClusterFunction Read(VerbContext context) => new(
        context.Get(PullSecret),
        [
            .. (context.Get(Secrets) ?? []).Select(text => Reference(text, key => new() { SecretKeyRef = key })),
            .. (context.Get(ConfigMaps) ?? []).Select(text => Reference(text, key => new() { ConfigMapKeyRef = key })),
        ],
        TimeSpan.FromSeconds(context.Get(Wait)));

    /// <summary>For a deploy to a manager that is named by its address.</summary>
    /// <exception cref="CliException">One of them was given.</exception>
    public static void Refuse(VerbContext context)
    {
        if (All.FirstOrDefault(context.Has) is { } given)
        {
            throw CliException.Usage($"{given.Name} is for a function on a cluster", "name the cluster with --context");
        }
    }

    private static FunctionVariable Reference(string text, Func<KeyReference, VariableSource> sourceOf)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var slash = text.LastIndexOf('/');
        var name = text[..equals];
        return new() { Name = name, ValueFrom = sourceOf(new() { Name = text[(equals + 1)..slash], Key = text[(slash + 1)..] }) };
    }

    private static void CheckReferences(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            var slash = token.Value.LastIndexOf('/');
            if (equals <= 0 || slash <= equals + 1 || slash == token.Value.Length - 1)
            {
                result.AddError($"{result.Option.Name} {token.Value}: write NAME={result.Option.HelpName![2..]}.");
            }
        }
    }
}
