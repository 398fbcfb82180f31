using System.Text.Json.Serialization;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>What of Dapr a function may use, and what comes to it: components and applications by their names. What is not named is refused.</summary>
internal sealed record FunctionDapr
{
    [JsonPropertyName("stateStores")]
    public IReadOnlyList<KeyedStore> StateStores { get; init; } = [];

    [JsonPropertyName("pubSubs")]
    public IReadOnlyList<FunctionPubSub> PubSubs { get; init; } = [];

    /// <summary>Output bindings.</summary>
    [JsonPropertyName("bindings")]
    public IReadOnlyList<string> Bindings { get; init; } = [];

    [JsonPropertyName("secretStores")]
    public IReadOnlyList<FunctionSecretStore> SecretStores { get; init; } = [];

    [JsonPropertyName("configurationStores")]
    public IReadOnlyList<FunctionConfigurationStore> ConfigurationStores { get; init; } = [];

    [JsonPropertyName("lockStores")]
    public IReadOnlyList<KeyedStore> LockStores { get; init; } = [];

    /// <summary><c>function.namespace</c>, or the id of an application of Dapr's.</summary>
    [JsonPropertyName("invoke")]
    public IReadOnlyList<string> Invoke { get; init; } = [];

    [JsonPropertyName("subscriptions")]
    public IReadOnlyList<FunctionSubscription> Subscriptions { get; init; } = [];

    [JsonPropertyName("inputBindings")]
    public IReadOnlyList<FunctionInputBinding> InputBindings { get; init; } = [];
}

/// <summary>Events of a topic that come to a function.</summary>
internal sealed record FunctionSubscription
{
    [JsonPropertyName("pubSub")]
    public string PubSub { get; init; } = "";

    [JsonPropertyName("topic")]
    public string Topic { get; init; } = "";

    /// <summary>Whether what is published there are no CloudEvents.</summary>
    [JsonPropertyName("rawPayload")]
    public bool RawPayload { get; init; }

    /// <summary>The first that matches says the path.</summary>
    [JsonPropertyName("rules")]
    public IReadOnlyList<FunctionEventRule> Rules { get; init; } = [];

    /// <summary>Where no rule matches. Null: <c>/</c> if there are no rules; else such events are dropped.</summary>
    [JsonPropertyName("path")]
    public string? Path { get; init; }

    /// <summary>Null: none.</summary>
    [JsonPropertyName("deadLetterTopic")]
    public string? DeadLetterTopic { get; init; }

    /// <summary>Null: events come one by one.</summary>
    [JsonPropertyName("bulk")]
    public FunctionBulk? Bulk { get; init; }
}

/// <summary>Events that come together.</summary>
internal sealed record FunctionBulk
{
    [JsonPropertyName("maxMessages")]
    public int MaxMessages { get; init; } = 100;

    [JsonPropertyName("maxAwaitMilliseconds")]
    public int MaxAwaitMilliseconds { get; init; } = 1000;
}

/// <summary>Where some events of a topic go.</summary>
internal sealed record FunctionEventRule
{
    /// <summary>In CEL, over <c>event</c>.</summary>
    [JsonPropertyName("match")]
    public string Match { get; init; } = "";

    [JsonPropertyName("path")]
    public string Path { get; init; } = "";
}

/// <summary>An input binding whose events come to a function.</summary>
internal sealed record FunctionInputBinding
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Null: <c>/</c> and the name.</summary>
    [JsonPropertyName("path")]
    public string? Path { get; init; }
}

/// <summary>A store with keys, which are the function's own.</summary>
internal sealed record KeyedStore
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Null: no other function sees the keys; else those of its namespace that say the same do.</summary>
    [JsonPropertyName("shared")]
    public string? Shared { get; init; }
}

/// <summary>Where a function publishes.</summary>
internal sealed record FunctionPubSub
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Empty: all.</summary>
    [JsonPropertyName("topics")]
    public IReadOnlyList<string> Topics { get; init; } = [];
}

/// <summary>Secrets of a store.</summary>
internal sealed record FunctionSecretStore
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Empty: all.</summary>
    [JsonPropertyName("secrets")]
    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>Items of a configuration store.</summary>
internal sealed record FunctionConfigurationStore
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Empty: all.</summary>
    [JsonPropertyName("keys")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}
