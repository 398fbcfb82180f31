using System.Text.Json.Serialization;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>One thing that can be said of an object, and since when.</summary>
internal sealed record ResourceCondition
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";

    /// <summary>What is said: one of the constants of <see cref="ConditionTypes"/>.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary><see cref="True"/>, <see cref="False"/> or <see cref="Unknown"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; init; }

    /// <summary>When the status last changed, to the second.</summary>
    [JsonPropertyName("lastTransitionTime")]
    public required DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>Why, as one word.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>Why, for a person, with the remedy.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>The types of conditions.</summary>
internal static class ConditionTypes
{
    /// <summary>Pool: it has a warm pod, or wants none. Function: it can be called.</summary>
    public const string Ready = "Ready";

    /// <summary>Pool: it makes pods when it needs some.</summary>
    public const string Refilling = "Refilling";

    /// <summary>Pool: pods fail to start, or something in its spec is not as it must be.</summary>
    public const string Degraded = "Degraded";

    /// <summary>Function: the Service of its own name leads to the router.</summary>
    public const string ServiceReady = "ServiceReady";

    /// <summary>Function: an HTTPRoute asks the Gateway that the installation names to lead its hosts to the router. Not said where none is named.</summary>
    public const string RouteReady = "RouteReady";

    /// <summary>Function: its package is there, checked, and can run here.</summary>
    public const string PackageReady = "PackageReady";
}
