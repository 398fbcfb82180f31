using System.Reflection;
using System.Reflection.Metadata;
using PodPool.Contracts.V1;
using PodPool.Functions;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Finds what an assembly offers from its tables, before a type of it is loaded: loading them all costs more than the rest of a start.</summary>
internal static class AssemblyScan
{
    private const string Namespace = "PodPool.Functions";

    /// <summary>The types that implement an interface of PodPool.Functions by themselves, by full name.</summary>
    /// <param name="assembly">Where to look.</param>
    /// <param name="isWanted">Says by its name, generic ones with their arity, which interface counts.</param>
    public static unsafe List<string> Implementers(Assembly assembly, Func<string, bool> isWanted)
    {
        List<string> found = [];
        if (!assembly.TryGetRawMetadata(out var blob, out var length))
        {
            return found;
        }

        var reader = new MetadataReader(blob, length);
        HashSet<TypeReferenceHandle> wanted = [];
        foreach (var handle in reader.TypeReferences)
        {
            var reference = reader.GetTypeReference(handle);
            if (reader.StringComparer.Equals(reference.Namespace, Namespace) && isWanted(reader.GetString(reference.Name)))
            {
                wanted.Add(handle);
            }
        }

        if (wanted.Count == 0)
        {
            return found;
        }

        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            foreach (var implementation in type.GetInterfaceImplementations())
            {
                if (TypeOf(reader, reader.GetInterfaceImplementation(implementation).Interface) is { } reference && wanted.Contains(reference))
                {
                    found.Add(NameOf(reader, type));
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>The assembly's start-up type, or null.</summary>
    /// <exception cref="RefusalException">ENTRY_POINT_AMBIGUOUS or ENTRY_POINT_INVALID.</exception>
    public static Type? Startup(Assembly assembly)
    {
        var file = assembly.GetName().Name + ".dll";
        var types = Implementers(assembly, name => name == nameof(IFunctionStartup))
            .Select(name => assembly.GetType(name, throwOnError: true)!)
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false })
            .ToArray();
        return types switch
        {
            [] => null,
            [var one] when one.GetConstructor(Type.EmptyTypes) is not null => one,
            [var one] => throw new RefusalException(
                Reason.EntryPointInvalid, $"{file}: the start-up type {one} has no public constructor without parameters", ("file", file), ("type", one.FullName!)),
            _ => throw new RefusalException(
                Reason.EntryPointAmbiguous,
                $"{file} has {types.Length} start-up types: {string.Join(", ", types.Select(type => type.FullName))}; keep one",
                ("file", file)),
        };
    }

    private static TypeReferenceHandle? TypeOf(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeReference)
        {
            return (TypeReferenceHandle)handle;
        }

        if (handle.Kind != HandleKind.TypeSpecification)
        {
            return null;
        }

        // A closed generic interface: GENERICINST CLASS TypeDefOrRef … (ECMA-335, II.23.2.12).
        var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
        return signature.ReadSignatureTypeCode() == SignatureTypeCode.GenericTypeInstance
            && signature.ReadSignatureTypeCode() == SignatureTypeCode.TypeHandle
            && signature.ReadTypeHandle() is { Kind: HandleKind.TypeReference } type
            ? (TypeReferenceHandle)type
            : null;
    }

    private static string NameOf(MetadataReader reader, TypeDefinition type)
    {
        var name = reader.GetString(type.Name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
        {
            return $"{NameOf(reader, reader.GetTypeDefinition(outer))}+{name}";
        }

        var space = reader.GetString(type.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }
}
