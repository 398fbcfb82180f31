using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace PodPool.Packaging;

/// <summary>A type's name in metadata: the full name with <c>+</c> before nested types, without type arguments.</summary>
/// <param name="FullName">E.g. <c>System.Threading.Tasks.Task`1</c>.</param>
/// <param name="Shape">What the signature wraps it in, if that is more than a name.</param>
internal readonly record struct TypeName(string FullName, TypeShape Shape = TypeShape.Plain);

internal enum TypeShape
{
    /// <summary>A class, a value, an array, a constructed generic type.</summary>
    Plain,

    /// <summary>A reference, a pointer or a type parameter: nothing that can come out of JSON.</summary>
    Unusable,
}

/// <summary>Names of types and methods as metadata spells them.</summary>
internal static class Names
{
    public static ICustomAttributeTypeProvider<string> AttributeTypes { get; } = new AttributeTypeProvider();

    public static ISignatureTypeProvider<TypeName, object?> Signatures { get; } = new SignatureProvider();

    public static string Of(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = metadata.GetString(type.Name);
        return type.IsNested ? $"{Of(metadata, type.GetDeclaringType())}+{name}" : Join(metadata.GetString(type.Namespace), name);
    }

    public static string Of(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{Of(metadata, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : Join(metadata.GetString(type.Namespace), name);
    }

    /// <summary>A base type or an implemented interface.</summary>
    public static string? Of(MetadataReader metadata, EntityHandle handle) => handle.IsNil ? null : handle.Kind switch
    {
        HandleKind.TypeDefinition => Of(metadata, (TypeDefinitionHandle)handle),
        HandleKind.TypeReference => Of(metadata, (TypeReferenceHandle)handle),
        HandleKind.TypeSpecification => metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(Signatures, null).FullName,
        _ => null,
    };

    public static string? OfAttribute(MetadataReader metadata, CustomAttribute attribute) => attribute.Constructor.Kind switch
    {
        HandleKind.MemberReference => Of(metadata, metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent),
        HandleKind.MethodDefinition => Of(metadata, metadata.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType()),
        _ => null,
    };

    private static string Join(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";

    private sealed class SignatureProvider : ISignatureTypeProvider<TypeName, object?>
    {
        public TypeName GetPrimitiveType(PrimitiveTypeCode typeCode) => new($"System.{typeCode}");

        public TypeName GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => new(Of(reader, handle));

        public TypeName GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => new(Of(reader, handle));

        public TypeName GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
            => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public TypeName GetGenericInstantiation(TypeName genericType, ImmutableArray<TypeName> typeArguments) => genericType;

        public TypeName GetSZArrayType(TypeName elementType) => elementType with { FullName = elementType.FullName + "[]" };

        public TypeName GetArrayType(TypeName elementType, ArrayShape shape) => elementType with { FullName = elementType.FullName + "[,]" };

        public TypeName GetModifiedType(TypeName modifier, TypeName unmodifiedType, bool isRequired) => unmodifiedType;

        public TypeName GetPinnedType(TypeName elementType) => elementType;

        public TypeName GetByReferenceType(TypeName elementType) => new(elementType.FullName + "&", TypeShape.Unusable);

        public TypeName GetPointerType(TypeName elementType) => new(elementType.FullName + "*", TypeShape.Unusable);

        public TypeName GetFunctionPointerType(MethodSignature<TypeName> signature) => new("a function pointer", TypeShape.Unusable);

        public TypeName GetGenericMethodParameter(object? genericContext, int index) => new($"!!{index}", TypeShape.Unusable);

        public TypeName GetGenericTypeParameter(object? genericContext, int index) => new($"!{index}", TypeShape.Unusable);
    }

    private sealed class AttributeTypeProvider : ICustomAttributeTypeProvider<string>
    {
        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => $"System.{typeCode}";

        public string GetSystemType() => "System.Type";

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Of(reader, handle);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Of(reader, handle);

        public string GetTypeFromSerializedName(string name) => name;

        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

        public bool IsSystemType(string type) => type == "System.Type";
    }
}
