using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Telling;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>A function, as the API server keeps it. <c>deploy/crds/functions.yaml</c> is the reference.</summary>
[KubernetesEntity(Group = CustomResources.Group, ApiVersion = CustomResources.Version, Kind = KubeKind, PluralName = KubePluralName)]
internal sealed record FunctionResource : IKubernetesObject<V1ObjectMeta>, ISpec<FunctionResourceSpec>, IStatus<FunctionResourceStatus?>
{
    public const string KubeKind = "Function";
    public const string KubePluralName = "functions";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = CustomResources.ApiVersion;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KubeKind;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public FunctionResourceSpec Spec { get; set; } = new();

    /// <summary>Null: no manager has seen the function yet.</summary>
    [JsonPropertyName("status")]
    public FunctionResourceStatus? Status { get; set; }
}

/// <summary>What is wanted of a function. The defaults are those of the schema.</summary>
internal sealed record FunctionResourceSpec
{
    /// <summary><c>name</c> or <c>namespace/name</c>: <see cref="PoolReference"/> reads it.</summary>
    [JsonPropertyName("pool")]
    public string Pool { get; init; } = PoolOptions.DefaultName;

    [JsonPropertyName("package")]
    public FunctionPackage Package { get; init; } = new();

    /// <summary>Null: the only one that the package has.</summary>
    [JsonPropertyName("entryPoint")]
    public string? EntryPoint { get; init; }

    [JsonPropertyName("concurrency")]
    public int Concurrency { get; init; } = 100;

    [JsonPropertyName("scale")]
    public FunctionScale Scale { get; init; } = new();

    /// <summary>A duration, zero for none: <see cref="DurationText"/> reads it.</summary>
    [JsonPropertyName("timeout")]
    public string Timeout { get; init; } = "60s";

    [JsonPropertyName("env")]
    public IReadOnlyList<FunctionVariable> Env { get; init; } = [];

    /// <summary><see cref="Wait"/> or <see cref="Reject"/>.</summary>
    [JsonPropertyName("onEmptyPool")]
    public string OnEmptyPool { get; init; } = Wait;

    [JsonPropertyName("route")]
    public FunctionRoute Route { get; init; } = new();

    /// <summary>Null: the function does not use Dapr.</summary>
    [JsonPropertyName("dapr")]
    public FunctionDapr? Dapr { get; init; }

    /// <summary>A request waits for a warm pod.</summary>
    public const string Wait = "Wait";

    /// <summary>A request that finds no warm pod is refused.</summary>
    public const string Reject = "Reject";
}

/// <summary>Where a function's files are: <see cref="Image"/>, or <see cref="Url"/> with <see cref="Sha256"/>.</summary>
internal sealed record FunctionPackage
{
    /// <summary><c>host/repository@sha256:…</c>.</summary>
    [JsonPropertyName("image")]
    public string? Image { get; init; }

    [JsonPropertyName("url")]
    public string? Url { get; init; }

    /// <summary>Of the archive behind the URL: 64 hexadecimal digits.</summary>
    [JsonPropertyName("sha256")]
    public string? Sha256 { get; init; }

    /// <summary>The name of a Secret of type <c>kubernetes.io/dockerconfigjson</c> in the function's namespace.</summary>
    [JsonPropertyName("pullSecret")]
    public string? PullSecret { get; init; }
}

/// <summary>How many instances a function has.</summary>
internal sealed record FunctionScale
{
    [JsonPropertyName("min")]
    public int Min { get; init; }

    /// <summary>0: no limit but the pool's.</summary>
    [JsonPropertyName("max")]
    public int Max { get; init; }

    /// <summary>A duration: <see cref="DurationText"/> reads it.</summary>
    [JsonPropertyName("idleTimeout")]
    public string IdleTimeout { get; init; } = "5m";
}

/// <summary>An environment variable, with either <see cref="Value"/> or <see cref="ValueFrom"/>.</summary>
internal sealed record FunctionVariable
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("value")]
    public string? Value { get; init; }

    [JsonPropertyName("valueFrom")]
    public VariableSource? ValueFrom { get; init; }
}

/// <summary>Where a variable's value is: one of both.</summary>
internal sealed record VariableSource
{
    [JsonPropertyName("secretKeyRef")]
    public KeyReference? SecretKeyRef { get; init; }

    [JsonPropertyName("configMapKeyRef")]
    public KeyReference? ConfigMapKeyRef { get; init; }
}

/// <summary>A key of a Secret or ConfigMap in the function's namespace.</summary>
internal sealed record KeyReference
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("key")]
    public string Key { get; init; } = "";

    /// <summary>Whether the variable is left out when there is no such object or key.</summary>
    [JsonPropertyName("optional")]
    public bool Optional { get; init; }
}

/// <summary>Where a function is called beside its own addresses.</summary>
internal sealed record FunctionRoute
{
    [JsonPropertyName("hosts")]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    [JsonPropertyName("paths")]
    public IReadOnlyList<string> Paths { get; init; } = [];
}

/// <summary>What there is of a function.</summary>
internal sealed record FunctionResourceStatus : IConditioned
{
    [JsonPropertyName("observedGeneration")]
    public long ObservedGeneration { get; init; }

    [JsonPropertyName("revision")]
    public string? Revision { get; init; }

    [JsonPropertyName("packageDigest")]
    public string? PackageDigest { get; init; }

    /// <summary>Bytes of all files.</summary>
    [JsonPropertyName("packageSize")]
    public long? PackageSize { get; init; }

    [JsonPropertyName("entryPoint")]
    public string? EntryPoint { get; init; }

    [JsonPropertyName("instances")]
    public int Instances { get; init; }

    [JsonPropertyName("addresses")]
    public IReadOnlyList<string> Addresses { get; init; } = [];

    [JsonPropertyName("lastStart")]
    public FunctionStart? LastStart { get; init; }

    [JsonPropertyName("lastFailure")]
    public FunctionFailure? LastFailure { get; init; }

    [JsonPropertyName("conditions")]
    public IReadOnlyList<ResourceCondition> Conditions { get; init; } = [];
}

/// <summary>The start of an instance that ended well.</summary>
internal sealed record FunctionStart
{
    [JsonPropertyName("at")]
    public DateTimeOffset? At { get; init; }

    [JsonPropertyName("instance")]
    public string? Instance { get; init; }

    /// <summary>Whether no pod was warm when it was wanted.</summary>
    [JsonPropertyName("miss")]
    public bool Miss { get; init; }

    [JsonPropertyName("phases")]
    public FunctionStartPhases Phases { get; init; } = new();
}

/// <summary>How long each phase of a start took: <see cref="DurationText.Milliseconds"/> writes them.</summary>
internal sealed record FunctionStartPhases
{
    [JsonPropertyName("claim")]
    public string? Claim { get; init; }

    [JsonPropertyName("transfer")]
    public string? Transfer { get; init; }

    [JsonPropertyName("load")]
    public string? Load { get; init; }

    [JsonPropertyName("start")]
    public string? Start { get; init; }
}

/// <summary>A start that failed.</summary>
internal sealed record FunctionFailure
{
    [JsonPropertyName("at")]
    public DateTimeOffset? At { get; init; }

    /// <summary>Why, as one word.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>Why, for a person, with the remedy.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
