using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Clusters;

/// <summary>How a cluster's API server is reached, and as whom.</summary>
/// <param name="Name">The context's, for messages.</param>
/// <param name="Configuration">What the client library makes of it.</param>
internal sealed record KubeContext(string Name, KubernetesClientConfiguration Configuration)
{
    private const string Variable = "KUBECONFIG";

    /// <summary>Reads a context: of the file that is named, of those that the variable names, of the user's; in a pod without any, its service account's.</summary>
    /// <param name="file">A kubeconfig; null: nobody named one.</param>
    /// <param name="context">A context's name; null: the current one.</param>
    /// <param name="terminal">The process around it.</param>
    /// <exception cref="CliException">There is none, or it cannot be read.</exception>
    public static KubeContext Read(string? file, string? context, Terminal terminal)
    {
        var files = FilesOf(file, terminal);
        try
        {
            if (files.Exist.Count == 0)
            {
                return file is null && context is null && KubernetesClientConfiguration.IsInCluster()
                    ? new("this pod's service account", KubernetesClientConfiguration.InClusterConfig())
                    : throw CliException.Usage($"there is no kubeconfig: {string.Join(", ", files.All)} {(files.All.Count == 1 ? "does" : "do")} not exist", $"name one with --kubeconfig or {Variable}");
            }

            var configs = files.Exist.Select(path => (Path: path, Config: KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(path)))).ToList();
            var wanted = context ?? configs.Select(each => each.Config.CurrentContext).FirstOrDefault(current => !string.IsNullOrEmpty(current))
                ?? throw CliException.Usage($"{string.Join(", ", files.Exist)} has no current context", $"name one with --context: {NamesIn(configs.Select(each => each.Config))}");

            // As with kubectl the first that knows it counts; what it refers to must be in the same file.
            var (_, config) = configs.FirstOrDefault(each => each.Config.Contexts?.Any(known => known.Name == wanted) == true);
            return config is null
                ? throw CliException.Usage($"there is no context '{wanted}' in {string.Join(", ", files.Exist)}", $"there is: {NamesIn(configs.Select(each => each.Config))}")
                : new(wanted, KubernetesClientConfiguration.BuildConfigFromConfigObject(config, wanted));
        }
        catch (Exception exception) when (exception is KubeConfigException or KubernetesClientException or IOException or UnauthorizedAccessException or FormatException
            or ArgumentException or InvalidOperationException or System.Security.Cryptography.CryptographicException || exception.GetType().Namespace == "YamlDotNet.Core")
        {
            throw new CliException(ExitCode.Usage, $"the kubeconfig {string.Join(", ", files.Exist)} cannot be used: {exception.Message}", "see what `kubectl config view` says of it", inner: exception);
        }
    }

    private static (IReadOnlyList<string> All, IReadOnlyList<string> Exist) FilesOf(string? file, Terminal terminal)
    {
        List<string> all = file is not null ? [file]
            : terminal.Environment(Variable) is { Length: > 0 } listed ? [.. listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)]
            : [Path.Combine(terminal.Environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
        return (all, [.. all.Where(File.Exists)]);
    }

    private static string NamesIn(IEnumerable<K8SConfiguration> configs)
        => string.Join(", ", configs.SelectMany(config => config.Contexts ?? []).Select(context => context.Name).Distinct()) is { Length: > 0 } names ? names : "none";
}
