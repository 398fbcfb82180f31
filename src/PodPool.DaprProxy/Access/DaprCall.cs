namespace PodPool.DaprProxy.Access;

/// <summary>What a call of Dapr's API is about, whichever API it came by: what decides whether it may pass.</summary>
internal abstract record DaprCall
{
    private DaprCall()
    {
    }

    /// <summary>Keys of a state store.</summary>
    internal sealed record State(string Store) : DaprCall;

    /// <summary>An event, or several.</summary>
    internal sealed record Publish(string PubSub, string Topic) : DaprCall;

    /// <summary>An output binding.</summary>
    internal sealed record Binding(string Name) : DaprCall;

    /// <summary>A secret; without a name, all that the store has.</summary>
    /// <param name="Store">The store.</param>
    /// <param name="Name">The secret.</param>
    /// <param name="Namespace">Of a store that has several (Kubernetes' own), the one that is asked for; null: the store's.</param>
    internal sealed record Secret(string Store, string? Name, string? Namespace = null) : DaprCall;

    /// <summary>Items of a configuration store.</summary>
    /// <param name="Store">The store.</param>
    /// <param name="Keys">Which; empty: all that it has; null: none, as what was subscribed to is not wanted any more.</param>
    internal sealed record Configuration(string Store, IReadOnlyList<string>? Keys) : DaprCall;

    /// <summary>A lock that is taken or given back.</summary>
    internal sealed record Lock(string Store) : DaprCall;

    /// <summary>A method of a function or an application.</summary>
    internal sealed record Invoke(string Target) : DaprCall;

    /// <summary>Whether Dapr is there.</summary>
    internal sealed record Health : DaprCall;

    /// <summary>What Dapr has for the function.</summary>
    internal sealed record Metadata : DaprCall;

    /// <summary>What the door does not know, and its operator lets through for all.</summary>
    internal sealed record Passed(string Method) : DaprCall;

    /// <summary>What the door does not know. Passes nowhere: it could reach another function's.</summary>
    internal sealed record Unknown(string What) : DaprCall;
}
