using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using PodPool.Contracts.V1;

namespace PodPool.Contracts;

/// <summary>The names of <see cref="Reason"/> as the proto spells them.</summary>
internal static class ReasonNames
{
    private static readonly FrozenDictionary<Reason, string> Names = ReasonReflection.Descriptor.EnumTypes
        .Single(type => type.Name == nameof(Reason))
        .Values.ToFrozenDictionary(value => (Reason)value.Number, value => value.Name);

    private static readonly FrozenDictionary<string, Reason> Values = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static string Of(Reason reason) => Names.TryGetValue(reason, out var name) ? name : Names[Reason.Internal];

    public static Reason Parse(string? name) => name is not null && Values.TryGetValue(name, out var reason) ? reason : Reason.Unspecified;
}
