using System.Reflection;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>A kind of object, as the API server names it.</summary>
/// <param name="Group">Empty: the core group.</param>
/// <param name="Version">Of the group: <c>v1</c>.</param>
/// <param name="Plural">In paths: <c>pods</c>.</param>
/// <param name="Kind">In objects: <c>Pod</c>.</param>
internal sealed record ResourceKind(string Group, string Version, string Plural, string Kind)
{
    /// <summary>As in an object.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As in a role: <c>functions.podpool.dev</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>What a class says of itself.</summary>
    /// <exception cref="InvalidOperationException">It says nothing.</exception>
    public static ResourceKind Of<T>() => typeof(T).GetCustomAttribute<KubernetesEntityAttribute>() is { } entity
        ? new(entity.Group ?? "", entity.ApiVersion, entity.PluralName, entity.Kind)
        : throw new InvalidOperationException($"{typeof(T)} has no {nameof(KubernetesEntityAttribute)} that says which kind it is");

    /// <summary>The path of all objects, of those of a namespace, of one, or of something below one.</summary>
    public string Path(string? @namespace = null, string? name = null, string? below = null)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        var scope = string.IsNullOrEmpty(@namespace) ? "" : $"/namespaces/{Uri.EscapeDataString(@namespace)}";
        var one = name is null ? "" : $"/{Uri.EscapeDataString(name)}";
        return $"{root}{scope}/{Plural}{one}{(below is null ? "" : "/" + below)}";
    }
}
