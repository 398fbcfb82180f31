using k8s;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Where an object of a kind is found.</summary>
/// <param name="Namespace">Empty: the kind has none.</param>
/// <param name="Name">Its name there.</param>
internal readonly record struct ObjectName(string Namespace, string Name)
{
    public static ObjectName Of(IKubernetesObject<V1ObjectMeta> subject) => new(subject.Metadata.NamespaceProperty ?? "", subject.Metadata.Name ?? "");

    /// <summary>As people write it: <c>namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
