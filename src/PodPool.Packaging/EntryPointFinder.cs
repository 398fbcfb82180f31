using System.Reflection;
using System.Reflection.Metadata;
using PodPool.Contracts.V1;

namespace PodPool.Packaging;

/// <summary>Finds what a function runs by metadata alone, as the pod will by reflection.</summary>
internal sealed class EntryPointFinder(PackageTypes types)
{
    private const string Kinds =
        "a function is a public class that implements IHttpFunction, IFunction<TIn, TOut> or ICloudEventFunction, a public method of a plain class, or a whole application";

    /// <summary>Resolves an entry point in its assembly.</summary>
    public (EntryPoint? EntryPoint, EntryPointKind? Kind, PackageProblem? Problem) Find(AssemblyImage assembly, EntryPoint wanted)
    {
        try
        {
            var (entryPoint, kind) = wanted.Type is null ? FindIn(assembly)
                : wanted.Method is null ? FindInType(assembly, wanted.Type)
                : FindMethod(assembly, wanted.Type, wanted.Method);
            return (entryPoint, kind, null);
        }
        catch (PackageException exception)
        {
            return (null, null, exception.Problem);
        }
    }

    /// <summary>Whether an assembly holds something that could be meant when nothing is named.</summary>
    public bool HasCandidate(AssemblyImage assembly) => assembly.IsProgram || Functions(assembly).Any();

    private (EntryPoint EntryPoint, EntryPointKind Kind) FindIn(AssemblyImage assembly)
    {
        var functions = Functions(assembly).ToList();
        if (functions.Count > 1)
        {
            throw Problem(Reason.EntryPointAmbiguous, assembly, "",
                $"'{assembly.Path}' holds {functions.Count} functions ({Listed(functions.Select(function => function.Name))}): name one as the entry point, e.g. '{assembly.Name}::{functions[0].Name}'");
        }

        if (functions.Count == 1)
        {
            return FindInType(assembly, functions[0].Name);
        }

        if (assembly.IsProgram)
        {
            return (new(assembly.Name), EntryPointKind.Application);
        }

        var methods = (
            from handle in assembly.Metadata.TypeDefinitions
            where IsPlainClass(assembly.Metadata, handle)
            from method in Methods(assembly.Metadata, handle)
            where WhyNotCallable(assembly.Metadata, method) is null
            select new EntryPoint(assembly.Name, Names.Of(assembly.Metadata, handle), assembly.Metadata.GetString(method.Name))).ToList();
        return methods switch
        {
            [] => throw Problem(Reason.EntryPointNotFound, assembly, "", $"'{assembly.Path}' holds no function: {Kinds}"),
            [var only] => (only, EntryPointKind.Method),
            _ => throw Problem(Reason.EntryPointAmbiguous, assembly, "",
                $"'{assembly.Path}' holds {methods.Count} methods that could be meant ({Listed(methods.Select(method => method.ToString()))}): name one as the entry point"),
        };
    }

    private (EntryPoint EntryPoint, EntryPointKind Kind) FindInType(AssemblyImage assembly, string typeName)
    {
        var handle = TypeOf(assembly, typeName);
        var kinds = types.KindsOf(assembly, handle);
        var entryPoint = new EntryPoint(assembly.Name, typeName);
        if (kinds.Count > 1)
        {
            throw Problem(Reason.EntryPointAmbiguous, assembly, typeName,
                $"the type '{typeName}' in '{assembly.Path}' implements more than one kind of function ({string.Join(", ", kinds)}): split it");
        }

        if (kinds.Count == 1)
        {
            return PackageTypes.WhyNotCreatable(assembly.Metadata, handle) is { } why
                ? throw Problem(Reason.EntryPointInvalid, assembly, typeName, $"the type '{typeName}' in '{assembly.Path}' {why}: make it a public, concrete class")
                : (entryPoint, kinds[0]);
        }

        RequirePlainClass(assembly, handle, typeName);
        var methods = Methods(assembly.Metadata, handle).Where(method => WhyNotCallable(assembly.Metadata, method) is null).ToList();
        return methods.Count switch
        {
            0 => throw Problem(Reason.EntryPointInvalid, assembly, typeName,
                $"the type '{typeName}' in '{assembly.Path}' implements no function interface and has no public method that could be called: {Kinds}"),
            1 => (entryPoint with { Method = assembly.Metadata.GetString(methods[0].Name) }, EntryPointKind.Method),
            _ => throw Problem(Reason.EntryPointAmbiguous, assembly, typeName,
                $"the type '{typeName}' in '{assembly.Path}' has {methods.Count} methods that could be meant ({Listed(methods.Select(method => assembly.Metadata.GetString(method.Name)))}): name one, e.g. '{entryPoint}::{assembly.Metadata.GetString(methods[0].Name)}'"),
        };
    }

    private (EntryPoint EntryPoint, EntryPointKind Kind) FindMethod(AssemblyImage assembly, string typeName, string methodName)
    {
        var metadata = assembly.Metadata;
        var handle = TypeOf(assembly, typeName);
        if (types.KindsOf(assembly, handle) is [var kind] && methodName == "HandleAsync")
        {
            return PackageTypes.WhyNotCreatable(metadata, handle) is { } why
                ? throw Problem(Reason.EntryPointInvalid, assembly, typeName, $"the type '{typeName}' in '{assembly.Path}' {why}: make it a public, concrete class")
                : (new(assembly.Name, typeName), kind);
        }

        RequirePlainClass(assembly, handle, typeName);
        var named = metadata.GetTypeDefinition(handle).GetMethods().Select(metadata.GetMethodDefinition)
            .Where(method => metadata.StringComparer.Equals(method.Name, methodName)).ToList();
        var usable = named.Where(method => WhyNotCallable(metadata, method) is null).ToList();
        return (named.Count, usable.Count) switch
        {
            (0, _) => throw Problem(Reason.EntryPointNotFound, assembly, typeName,
                $"the type '{typeName}' in '{assembly.Path}' has no method '{methodName}'{Hint(Methods(metadata, handle).Select(method => metadata.GetString(method.Name)))}"),
            (_, 0) => throw Problem(Reason.EntryPointInvalid, assembly, typeName,
                $"the method '{typeName}::{methodName}' in '{assembly.Path}' {WhyNotCallable(metadata, named[0])}: it must look like (TIn input, FunctionContext context, CancellationToken token) → TOut or Task<TOut>"),
            (_, > 1) => throw Problem(Reason.EntryPointAmbiguous, assembly, typeName,
                $"the type '{typeName}' in '{assembly.Path}' has {usable.Count} methods '{methodName}': an entry point must not be overloaded"),
            _ => (new(assembly.Name, typeName, methodName), EntryPointKind.Method),
        };
    }

    private static TypeDefinitionHandle TypeOf(AssemblyImage assembly, string typeName)
    {
        var metadata = assembly.Metadata;
        var found = metadata.TypeDefinitions.FirstOrDefault(handle => Names.Of(metadata, handle) == typeName);
        if (!found.IsNil)
        {
            return found;
        }

        var simple = typeName[(typeName.LastIndexOfAny(['.', '+']) + 1)..];
        var similar = metadata.TypeDefinitions.Where(handle => metadata.StringComparer.Equals(metadata.GetTypeDefinition(handle).Name, simple, ignoreCase: true));
        throw Problem(Reason.EntryPointNotFound, assembly, typeName,
            $"'{assembly.Path}' has no type '{typeName}'{Hint(similar.Select(handle => Names.Of(metadata, handle)))}");
    }

    private static void RequirePlainClass(AssemblyImage assembly, TypeDefinitionHandle handle, string typeName)
    {
        if (!IsPlainClass(assembly.Metadata, handle))
        {
            var why = PackageTypes.WhyNotCreatable(assembly.Metadata, handle) ?? "is no class";
            throw Problem(Reason.EntryPointInvalid, assembly, typeName, $"the type '{typeName}' in '{assembly.Path}' {why}: make it a public class");
        }
    }

    private IEnumerable<(string Name, TypeDefinitionHandle Type)> Functions(AssemblyImage assembly)
        => from handle in assembly.Metadata.TypeDefinitions
           where PackageTypes.WhyNotCreatable(assembly.Metadata, handle) is null && types.KindsOf(assembly, handle).Count > 0
           select (Names.Of(assembly.Metadata, handle), handle);

    /// <summary>A static class counts: metadata calls it abstract and sealed.</summary>
    private static bool IsPlainClass(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var isStatic = type.Attributes.HasFlag(TypeAttributes.Abstract | TypeAttributes.Sealed);
        return PackageTypes.IsPublic(metadata, handle)
            && !type.Attributes.HasFlag(TypeAttributes.Interface)
            && (isStatic || !type.Attributes.HasFlag(TypeAttributes.Abstract))
            && type.GetGenericParameters().Count == 0
            && Names.Of(metadata, type.BaseType) is not ("System.Enum" or "System.MulticastDelegate");
    }

    /// <summary>Methods that the type's author wrote as ordinary ones.</summary>
    private static IEnumerable<MethodDefinition> Methods(MetadataReader metadata, TypeDefinitionHandle handle)
        => from method in metadata.GetTypeDefinition(handle).GetMethods().Select(metadata.GetMethodDefinition)
           where (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
           where !method.Attributes.HasFlag(MethodAttributes.SpecialName)
           where !method.Attributes.HasFlag(MethodAttributes.Virtual) || method.Attributes.HasFlag(MethodAttributes.NewSlot)
           select method;

    private static string? WhyNotCallable(MetadataReader metadata, MethodDefinition method)
    {
        if ((method.Attributes & MethodAttributes.MemberAccessMask) != MethodAttributes.Public)
        {
            return "is not public";
        }

        var signature = method.DecodeSignature(Names.Signatures, null);
        var inputs = signature.ParameterTypes.Count(type => type.FullName is not ("PodPool.Functions.FunctionContext" or "System.Threading.CancellationToken"));
        return signature.GenericParameterCount > 0 ? "is generic"
            : signature.ParameterTypes.Append(signature.ReturnType).Any(type => type.Shape == TypeShape.Unusable) ? "takes or returns a reference, a pointer or a type parameter"
            : inputs > 1 ? $"takes {inputs} inputs"
            : null;
    }

    private static string Hint(IEnumerable<string> names) => Listed(names.Distinct()) is { Length: > 0 } list ? $"; it has {list}" : "";

    private static string Listed(IEnumerable<string> names)
    {
        var list = names.Take(6).ToList();
        return string.Join(", ", list.Take(5).Select(name => $"'{name}'")) + (list.Count > 5 ? ", …" : "");
    }

    private static PackageException Problem(Reason reason, AssemblyImage assembly, string type, string message)
        => new(new(reason, assembly.Path, type, message));
}
