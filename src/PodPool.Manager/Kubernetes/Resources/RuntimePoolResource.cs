using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using PodPool.Manager.Doors;
using PodPool.Manager.Kubernetes.Telling;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>A runtime pool, as the API server keeps it. <c>deploy/crds/runtimepools.yaml</c> is the reference.</summary>
[KubernetesEntity(Group = CustomResources.Group, ApiVersion = CustomResources.Version, Kind = KubeKind, PluralName = KubePluralName)]
internal sealed record RuntimePoolResource : IKubernetesObject<V1ObjectMeta>, ISpec<RuntimePoolSpec>, IStatus<RuntimePoolStatus?>
{
    public const string KubeKind = "RuntimePool";
    public const string KubePluralName = "runtimepools";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = CustomResources.ApiVersion;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KubeKind;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public RuntimePoolSpec Spec { get; set; } = new();

    /// <summary>Null: no manager has seen the pool yet.</summary>
    [JsonPropertyName("status")]
    public RuntimePoolStatus? Status { get; set; }
}

/// <summary>What is wanted of a pool. The defaults are those of the schema.</summary>
internal sealed record RuntimePoolSpec
{
    [JsonPropertyName("template")]
    public PodTemplate Template { get; init; } = new();

    [JsonPropertyName("size")]
    public RuntimePoolSize Size { get; init; } = new();

    [JsonPropertyName("refill")]
    public RuntimePoolRefill Refill { get; init; } = new();

    /// <summary>A quantity of bytes: <see cref="ByteQuantity"/> reads it.</summary>
    [JsonPropertyName("prefetch")]
    [JsonConverter(typeof(NumberOrText))]
    public string Prefetch { get; init; } = "16Mi";

    /// <summary>A quantity of bytes: <see cref="ByteQuantity"/> reads it.</summary>
    [JsonPropertyName("memory")]
    [JsonConverter(typeof(NumberOrText))]
    public string Memory { get; init; } = "256Mi";

    /// <summary>A duration: <see cref="DurationText"/> reads it.</summary>
    [JsonPropertyName("drainGrace")]
    public string DrainGrace { get; init; } = "30s";

    /// <summary>A duration: <see cref="DurationText"/> reads it.</summary>
    [JsonPropertyName("startDeadline")]
    public string StartDeadline { get; init; } = "2m";

    [JsonPropertyName("allowedNamespaces")]
    public IReadOnlyList<string> AllowedNamespaces { get; init; } = [];

    /// <summary>Whose functions may share a sidecar of Dapr's.</summary>
    [JsonPropertyName("trustDomain")]
    public string TrustDomain { get; init; } = TrustDomains.Default;

    /// <summary>Whether functions of a namespace may use the pool.</summary>
    /// <param name="own">The pool's own namespace, whose functions always may.</param>
    /// <param name="asking">The function's namespace.</param>
    public bool Allows(string own, string asking) => own == asking || AllowedNamespaces.Contains("*") || AllowedNamespaces.Contains(asking);
}

/// <summary>How fast a pool makes pods.</summary>
internal sealed record RuntimePoolRefill
{
    [JsonPropertyName("perSecond")]
    public double PerSecond { get; init; } = 10;

    [JsonPropertyName("burst")]
    public int Burst { get; init; } = 20;

    [JsonPropertyName("parallelism")]
    public int Parallelism { get; init; } = 8;
}

/// <summary>What there is of a pool.</summary>
internal sealed record RuntimePoolStatus : IConditioned
{
    [JsonPropertyName("observedGeneration")]
    public long ObservedGeneration { get; init; }

    [JsonPropertyName("starting")]
    public int Starting { get; init; }

    [JsonPropertyName("warm")]
    public int Warm { get; init; }

    /// <summary>Warm pods to keep, now.</summary>
    [JsonPropertyName("target")]
    public int Target { get; init; }

    /// <summary>Null: the target is a fixed number.</summary>
    [JsonPropertyName("size")]
    public RuntimePoolSizing? Size { get; init; }

    [JsonPropertyName("claimed")]
    public int Claimed { get; init; }

    [JsonPropertyName("serving")]
    public int Serving { get; init; }

    [JsonPropertyName("draining")]
    public int Draining { get; init; }

    [JsonPropertyName("claims")]
    public long Claims { get; init; }

    [JsonPropertyName("misses")]
    public long Misses { get; init; }

    /// <summary>Of the pool's warm pods, for the scale subresource.</summary>
    [JsonPropertyName("selector")]
    public string? Selector { get; init; }

    [JsonPropertyName("conditions")]
    public IReadOnlyList<ResourceCondition> Conditions { get; init; } = [];
}
