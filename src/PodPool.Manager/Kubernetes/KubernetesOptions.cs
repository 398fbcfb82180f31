using System.ComponentModel.DataAnnotations;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Packages;

namespace PodPool.Manager.Kubernetes;

/// <summary>How a manager is set up whose pods are a cluster's.</summary>
public sealed record KubernetesOptions
{
    /// <summary>The manager's own namespace: of its Lease and its Secret, and of pools that a function names without a namespace.</summary>
    /// <value>A DNS label.</value>
    [Required]
    public required string Namespace { get; init; }

    /// <summary>Tells this manager from the others: its pod's name.</summary>
    /// <value>Not empty, and no other manager's.</value>
    [Required]
    public required string Identity { get; init; }

    /// <summary>Where operators reach the manager (gRPC, HTTP/2 without TLS).</summary>
    /// <value><c>http://IP:port</c>, of the loopback: who may forward ports of its pod may come in.</value>
    [Required]
    public required string Operators { get; init; }

    /// <summary>The installation's registry, where deploys put packages; spoken to without TLS if this says so.</summary>
    /// <value><c>http(s)://host[:port][/path]</c>; null: none, functions name packages that are elsewhere.</value>
    public string? Registry { get; init; }

    /// <summary>A file with credentials for the installation's registry, as the key <c>.dockerconfigjson</c> of a Secret is.</summary>
    /// <value>A path; it need not be there. Default: null, none.</value>
    public string? RegistryCredentials { get; init; }

    /// <summary>Other registries that are spoken to without TLS.</summary>
    /// <value>Each <c>host[:port]</c>. Default: none.</value>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>The router's Service, which functions' own Services lead to.</summary>
    /// <value>Default: <c>podpool-router</c>, in <see cref="Namespace"/>.</value>
    public string RouterService { get; init; } = "podpool-router";

    /// <summary>The Gateway (<c>gateway.networking.k8s.io</c>) that is asked, by an HTTPRoute a function, to lead functions' hosts to the router.</summary>
    /// <value><c>namespace/name</c>. Default: null, none: no HTTPRoute is made.</value>
    [RegularExpression("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", ErrorMessage = "{0} is no NAMESPACE/NAME of a Gateway")]
    public string? Gateway { get; init; }

    /// <summary>The domain of the cluster's own names.</summary>
    /// <value>Default: <c>cluster.local</c>.</value>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>A kubeconfig file, for a manager outside the cluster.</summary>
    /// <value>Default: null, the service account of the pod that it runs in.</value>
    public string? KubeConfig { get; init; }

    /// <summary>Who owns the fields of what a manager applies.</summary>
    internal const string FieldManager = "podpool-manager";

    internal ObjectName? GatewayName => Gateway?.Split('/') is [var @namespace, var name] ? new(@namespace, name) : null;

    internal KubernetesApiOptions Api => new() { KubeConfig = KubeConfig };

    internal PackageSourceOptions PackageSource => new()
    {
        InsecureHosts = Registry is not null && new Uri(Registry) is { Scheme: "http" } registry ? [.. InsecureRegistries, registry.Authority] : InsecureRegistries,
    };
}
