using System.Globalization;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>
/// A generic pod as the API server is asked for it: the pool's template, and what PodPool needs of every pod, which a template can add to
/// but not take back.
/// </summary>
internal static class PodManifest
{
    /// <summary>Where functions listen.</summary>
    public const int FunctionPort = 8080;

    /// <summary>Where the loader listens.</summary>
    public const int LoaderPort = 8081;

    private const string AddressVariable = "PODPOOL_POD_IP";
    private const string FilesVolume = "podpool-files";
    private const string FilesPath = "/podpool";
    private const string CertificateVolume = "podpool-loader";
    private const string CertificatePath = "/podpool-tls";
    private const string TemporaryVolume = "podpool-tmp";

    /// <summary>The uid that the public .NET images run as.</summary>
    private const long User = 1654;

    /// <summary>The name of the Secret that holds what a pool's loaders show, and whom they believe.</summary>
    public static string CertificateSecretOf(string pool) => $"{pool}-loader";

    /// <summary>What belongs to a pool goes with it.</summary>
    public static V1OwnerReference OwnerOf(RuntimePoolResource pool) => new()
    {
        ApiVersion = pool.ApiVersion, Kind = pool.Kind, Name = pool.Metadata.Name, Uid = pool.Metadata.Uid, Controller = true, BlockOwnerDeletion = true,
    };

    /// <summary>The pool that a pod belongs to, as the manager names pools; null: it is no pod of ours.</summary>
    public static string? PoolOf(V1Pod pod)
        => pod.Metadata.Labels is { } labels && labels.TryGetValue(PodLabels.Pool, out var pool) ? $"{pod.Metadata.NamespaceProperty}/{pool}" : null;

    /// <summary>Builds a pod.</summary>
    /// <param name="pool">Whose it is; its owner.</param>
    /// <param name="pod">Its name.</param>
    /// <param name="claimKey">The public key of claims, base64.</param>
    /// <exception cref="FormatException">The template is no pod's; the message says where.</exception>
    public static V1Pod Build(RuntimePoolResource pool, PodId pod, string claimKey)
    {
        var template = pool.Spec.Template.ToPodTemplateSpec();
        var spec = template.Spec;
        Harden(spec);
        var runtime = spec.Containers.First(container => container.Name == PodTemplate.RuntimeContainer);

        // Of two variables of one name the kubelet takes the last.
        runtime.Env = [.. VariablesOf(pod, claimKey), .. (runtime.Env ?? []).Where(variable => !variable.Name.StartsWith(PodEnvironment.Prefix, StringComparison.Ordinal))];
        runtime.Ports = [.. runtime.Ports ?? [], new() { Name = "http", ContainerPort = FunctionPort }, new() { Name = "loader", ContainerPort = LoaderPort }];
        runtime.VolumeMounts =
        [
            .. runtime.VolumeMounts ?? [],
            new() { Name = FilesVolume, MountPath = FilesPath },
            new() { Name = CertificateVolume, MountPath = CertificatePath, ReadOnlyProperty = true },
            new() { Name = TemporaryVolume, MountPath = "/tmp" },
        ];
        spec.Volumes =
        [
            .. spec.Volumes ?? [],
            new() { Name = FilesVolume, EmptyDir = new() { Medium = "Memory", SizeLimit = new(pool.Spec.Memory) } },
            new() { Name = CertificateVolume, Secret = new() { SecretName = CertificateSecretOf(pool.Metadata.Name), DefaultMode = 0x120 } },
            new() { Name = TemporaryVolume, EmptyDir = new() },
        ];
        spec.TopologySpreadConstraints ??= [SpreadOf(pool.Metadata.Name)];
        return new()
        {
            Metadata = new()
            {
                Name = pod.Value,
                NamespaceProperty = pool.Metadata.NamespaceProperty,
                Labels = new Dictionary<string, string>(template.Metadata?.Labels ?? new Dictionary<string, string>())
                {
                    [PodLabels.Pool] = pool.Metadata.Name,
                    [PodLabels.State] = PodStates.Starting,
                    [PodLabels.Template] = PoolMapping.TemplateOf(pool),
                },
                Annotations = template.Metadata?.Annotations,
                OwnerReferences = [OwnerOf(pool)],
            },
            Spec = spec,
        };
    }

    private static IEnumerable<V1EnvVar> VariablesOf(PodId pod, string claimKey) =>
    [
        new() { Name = PodEnvironment.PodId, Value = pod.Value },
        new() { Name = AddressVariable, ValueFrom = new() { FieldRef = new() { FieldPath = "status.podIP" } } },
        new() { Name = PodEnvironment.LoaderAddress, Value = string.Create(CultureInfo.InvariantCulture, $"https://$({AddressVariable}):{LoaderPort}") },
        new() { Name = PodEnvironment.FunctionAddress, Value = string.Create(CultureInfo.InvariantCulture, $"http://$({AddressVariable}):{FunctionPort}") },
        new() { Name = PodEnvironment.LoaderCertificate, Value = CertificatePath },
        new() { Name = PodEnvironment.ClaimKey, Value = claimKey },
        new() { Name = PodEnvironment.FilesFolder, Value = FilesPath },
    ];

    /// <summary>A function's code runs here: whatever the template leaves open is closed.</summary>
    private static void Harden(V1PodSpec spec)
    {
        spec.AutomountServiceAccountToken ??= false;
        spec.EnableServiceLinks ??= false;

        // It ends when its manager says so, and not to come back.
        spec.RestartPolicy = "Never";
        spec.TerminationGracePeriodSeconds ??= 30;
        spec.SecurityContext ??= new();
        spec.SecurityContext.RunAsNonRoot ??= true;
        spec.SecurityContext.RunAsUser ??= User;
        spec.SecurityContext.RunAsGroup ??= User;
        spec.SecurityContext.FsGroup ??= User;
        spec.SecurityContext.SeccompProfile ??= new() { Type = "RuntimeDefault" };
        foreach (var container in spec.Containers)
        {
            container.SecurityContext ??= new();
            container.SecurityContext.AllowPrivilegeEscalation ??= false;
            container.SecurityContext.ReadOnlyRootFilesystem ??= true;
            container.SecurityContext.Capabilities ??= new() { Drop = ["ALL"] };
        }
    }

    private static V1TopologySpreadConstraint SpreadOf(string pool) => new()
    {
        MaxSkew = 1,
        TopologyKey = "kubernetes.io/hostname",
        WhenUnsatisfiable = "ScheduleAnyway",
        LabelSelector = new() { MatchLabels = new Dictionary<string, string> { [PodLabels.Pool] = pool } },
    };
}
