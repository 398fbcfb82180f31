using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.State;

/// <summary>Which space the keys of a call are in.</summary>
internal static class KeySpaces
{
    /// <summary>The space of a call that <see cref="AccessRules"/> let pass.</summary>
    /// <returns>Null: there are no keys in it.</returns>
    public static KeySpace? Of(Caller caller, DaprCall call) => call switch
    {
        DaprCall.State state => KeySpace.Of(caller.Namespace, caller.Function, caller.Access.StateStores.First(granted => granted.Store == state.Store)),
        DaprCall.Lock held => KeySpace.Of(caller.Namespace, caller.Function, caller.Access.LockStores.First(granted => granted.Store == held.Store)),
        _ => null,
    };
}
