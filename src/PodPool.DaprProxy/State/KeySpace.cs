using System.Diagnostics.CodeAnalysis;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.State;

/// <summary>
/// The keys of one function, or of those that share, in a store that all functions of a node reach as one application. A key goes in with a
/// prefix that no other space has, and comes out without.
/// </summary>
/// <remarks>
/// <para>The prefix is <c>f.NAMESPACE.FUNCTION:</c>, or <c>s.NAMESPACE.NAME:</c> for a shared space. What stands between the dots are DNS labels: they
/// hold neither dot nor colon, so no prefix is the beginning of another, and what a function chooses as a key comes behind its own. Dapr's
/// prefixes (<c>keyPrefix</c> of the component: the application's id, the store's name, none or a fixed text, before <c>||</c>) stand in front of it,
/// whichever is chosen, alike for all functions.</para>
/// <para>Characters that some store forbids in a key (slash, backslash, question mark, number sign) are not among those of the prefix.</para>
/// </remarks>
internal sealed class KeySpace
{
    private readonly string _prefix;

    private KeySpace(string prefix) => _prefix = prefix;

    /// <summary>The space that a function uses in a state store.</summary>
    public static KeySpace Of(string @namespace, string function, StateStoreAccess access) => Of(@namespace, function, access.Shared);

    /// <summary>The space of the ids that a function locks.</summary>
    public static KeySpace Of(string @namespace, string function, LockStoreAccess access) => Of(@namespace, function, access.Shared);

    /// <summary>A key as the store has it.</summary>
    public string Enter(string key) => _prefix + key;

    /// <summary>A key of the store as the function knows it.</summary>
    /// <returns>False: it is another's.</returns>
    public bool TryLeave(string stored, [NotNullWhen(true)] out string? key)
    {
        var own = stored.StartsWith(_prefix, StringComparison.Ordinal);
        key = own ? stored[_prefix.Length..] : null;
        return own;
    }

    private static KeySpace Of(string @namespace, string function, string shared)
        => new(shared.Length == 0 ? $"f.{@namespace}.{function}:" : $"s.{@namespace}.{shared}:");
}
