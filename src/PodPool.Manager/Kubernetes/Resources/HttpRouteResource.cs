using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>Which requests a Gateway sends where (<c>gateway.networking.k8s.io/v1</c>): as much of it as a function's route says.</summary>
[KubernetesEntity(Group = KubeGroup, ApiVersion = KubeApiVersion, Kind = KubeKind, PluralName = KubePluralName)]
internal sealed record HttpRouteResource : IKubernetesObject<V1ObjectMeta>, ISpec<HttpRouteSpec>
{
    public const string KubeGroup = "gateway.networking.k8s.io";
    public const string KubeApiVersion = "v1";
    public const string KubeKind = "HTTPRoute";
    public const string KubePluralName = "httproutes";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = KubeGroup + "/" + KubeApiVersion;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KubeKind;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public HttpRouteSpec Spec { get; set; } = new();

    /// <summary>What Gateways say of it; never written by us.</summary>
    [JsonPropertyName("status")]
    public HttpRouteStatus? Status { get; init; }
}

/// <summary>What a route says.</summary>
internal sealed record HttpRouteSpec
{
    /// <summary>The API server takes no more of <see cref="Hostnames"/>.</summary>
    public const int MaxHostnames = 16;

    /// <summary>The Gateways that it is for.</summary>
    [JsonPropertyName("parentRefs")]
    public IReadOnlyList<HttpRouteParent> ParentRefs { get; init; } = [];

    /// <summary>At most <see cref="MaxHostnames"/>. None means every host of the Gateway.</summary>
    [JsonPropertyName("hostnames")]
    public IReadOnlyList<string> Hostnames { get; init; } = [];

    [JsonPropertyName("rules")]
    public IReadOnlyList<HttpRouteRule> Rules { get; init; } = [];
}

/// <summary>A Gateway.</summary>
internal sealed record HttpRouteParent
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("namespace")]
    public string? Namespace { get; init; }
}

/// <summary>Requests that match any of <see cref="Matches"/> go to <see cref="BackendRefs"/>.</summary>
internal sealed record HttpRouteRule
{
    [JsonPropertyName("matches")]
    public IReadOnlyList<HttpRouteMatch> Matches { get; init; } = [];

    [JsonPropertyName("backendRefs")]
    public IReadOnlyList<HttpRouteBackend> BackendRefs { get; init; } = [];
}

/// <summary>What a request must be like.</summary>
internal sealed record HttpRouteMatch
{
    [JsonPropertyName("path")]
    public HttpPathMatch Path { get; init; } = new();
}

/// <summary>What its path must be like. The defaults are the API's: any path.</summary>
internal sealed record HttpPathMatch
{
    [JsonPropertyName("type")]
    public string Type { get; init; } = "PathPrefix";

    [JsonPropertyName("value")]
    public string Value { get; init; } = "/";
}

/// <summary>A Service of the route's own namespace.</summary>
internal sealed record HttpRouteBackend
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("port")]
    public int? Port { get; init; }
}

/// <summary>What becomes of a route.</summary>
internal sealed record HttpRouteStatus
{
    /// <summary>By each Gateway that it is for, once its controller has looked.</summary>
    [JsonPropertyName("parents")]
    public IReadOnlyList<HttpRouteParentStatus> Parents { get; init; } = [];
}

/// <summary>What one Gateway says.</summary>
internal sealed record HttpRouteParentStatus
{
    [JsonPropertyName("parentRef")]
    public HttpRouteParent ParentRef { get; init; } = new();

    [JsonPropertyName("conditions")]
    public IReadOnlyList<HttpRouteCondition> Conditions { get; init; } = [];
}

/// <summary>One thing that it says: <c>Accepted</c>, <c>ResolvedRefs</c> and others of the controller's own.</summary>
internal sealed record HttpRouteCondition
{
    [JsonPropertyName("type")]
    public string Type { get; init; } = "";

    [JsonPropertyName("status")]
    public string Status { get; init; } = "";

    [JsonPropertyName("reason")]
    public string Reason { get; init; } = "";

    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary>The generation of the route that it is about; null: not said.</summary>
    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; init; }
}
