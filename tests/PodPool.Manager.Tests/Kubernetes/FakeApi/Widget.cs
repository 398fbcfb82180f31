using k8s;
using k8s.Models;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A custom resource: a class of our own that insists on what it needs.</summary>
[KubernetesEntity(Group = "test.podpool.dev", ApiVersion = "v1alpha1", Kind = "Widget", PluralName = "widgets")]
internal sealed class Widget : IKubernetesObject<V1ObjectMeta>
{
    public static readonly FakeKind FakeKind = new("test.podpool.dev", "v1alpha1", "widgets");

    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta Metadata { get; set; } = new();

    public required WidgetSpec Spec { get; set; }

    public WidgetStatus? Status { get; set; }

    public static Widget Of(string name, int size = 1) => new() { Metadata = new() { Name = name, NamespaceProperty = "default" }, Spec = new() { Size = size } };
}

internal sealed record WidgetSpec
{
    public int Size { get; init; }

    public string? Colour { get; init; }
}

internal sealed record WidgetStatus
{
    public int Ready { get; init; }
}
