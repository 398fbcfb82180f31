using System.Reflection;
using System.Reflection.Metadata;

namespace PodPool.Packaging;

/// <summary>The types of a package's assemblies, by name; what a function implements may be inherited from another file.</summary>
internal sealed class PackageTypes(IReadOnlyList<AssemblyImage> assemblies)
{
    private readonly Dictionary<string, (AssemblyImage Assembly, TypeDefinitionHandle Type)> _types = Index(assemblies);

    /// <summary>Which kinds of function a type is, by the interfaces that it or its bases implement.</summary>
    public IReadOnlyList<EntryPointKind> KindsOf(AssemblyImage assembly, TypeDefinitionHandle type)
    {
        var kinds = new HashSet<EntryPointKind>();
        Walk(assembly, type, [], name =>
        {
            if (KindOf(name) is { } kind)
            {
                kinds.Add(kind);
            }
        });
        return [.. kinds];
    }

    /// <summary>Whether the host can make one: public all the way out, a class, not abstract, not generic.</summary>
    public static string? WhyNotCreatable(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return !IsPublic(metadata, handle) ? "is not public"
            : type.Attributes.HasFlag(TypeAttributes.Interface) ? "is an interface"
            : type.Attributes.HasFlag(TypeAttributes.Abstract) ? "is abstract"
            : type.GetGenericParameters().Count > 0 ? "is generic"
            : null;
    }

    public static bool IsPublic(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic => IsPublic(metadata, type.GetDeclaringType()),
            _ => false,
        };
    }

    private static EntryPointKind? KindOf(string name) => name switch
    {
        "PodPool.Functions.IHttpFunction" => EntryPointKind.Http,
        "PodPool.Functions.IFunction`2" => EntryPointKind.Json,
        "PodPool.Functions.ICloudEventFunction" or "PodPool.Functions.ICloudEventFunction`1" => EntryPointKind.CloudEvent,
        _ => null,
    };

    private static Dictionary<string, (AssemblyImage Assembly, TypeDefinitionHandle Type)> Index(IReadOnlyList<AssemblyImage> assemblies)
    {
        var types = new Dictionary<string, (AssemblyImage, TypeDefinitionHandle)>(StringComparer.Ordinal);
        foreach (var assembly in assemblies)
        {
            foreach (var type in assembly.Metadata.TypeDefinitions)
            {
                types.TryAdd(Names.Of(assembly.Metadata, type), (assembly, type));
            }
        }

        return types;
    }

    private void Walk(AssemblyImage assembly, TypeDefinitionHandle handle, HashSet<string> seen, Action<string> onInterface)
    {
        var metadata = assembly.Metadata;
        var type = metadata.GetTypeDefinition(handle);
        foreach (var implementation in type.GetInterfaceImplementations())
        {
            if (Names.Of(metadata, metadata.GetInterfaceImplementation(implementation).Interface) is { } name && seen.Add(name))
            {
                onInterface(name);
                Follow(name);
            }
        }

        if (Names.Of(metadata, type.BaseType) is { } parent && seen.Add(parent))
        {
            Follow(parent);
        }

        void Follow(string name)
        {
            if (_types.TryGetValue(name, out var found))
            {
                Walk(found.Assembly, found.Type, seen, onInterface);
            }
        }
    }
}
