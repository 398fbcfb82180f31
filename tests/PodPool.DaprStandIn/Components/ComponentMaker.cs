using StackExchange.Redis;

namespace PodPool.DaprStandIn.Components;

/// <summary>Makes components of what their files describe.</summary>
internal sealed partial class ComponentMaker(string appId, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("dapr.runtime.processor");

    /// <summary>All of them: stores of secrets first, as the others may name those.</summary>
    /// <exception cref="FormatException">One cannot be made and may not be left out.</exception>
    public async Task<ComponentSet> MakeAsync(IReadOnlyList<ComponentSource> sources)
    {
        var set = new ComponentSet();
        foreach (var source in sources.OrderBy(source => source.Described.Type.StartsWith("secretstores.", StringComparison.Ordinal) ? 0 : 1))
        {
            try
            {
                var component = Resolved(source, set);
                set.All.Add((component, await MakeAsync(component, set)));
                Log.Loaded(_logger, component.Name, component.Type);
            }
            catch (Exception exception) when (exception is FormatException or RedisException or IOException or UnauthorizedAccessException)
            {
                var described = source.Described;
                if (!described.IgnoreErrors)
                {
                    throw new FormatException($"process component {described.Name} error: [INIT_COMPONENT_FAILURE]: initialization error occurred for {described.Name} ({described.Type}/{described.Version}): {exception.Message}", exception);
                }

                Log.LeftOut(_logger, described.Name, described.Type, exception.Message);
            }
        }

        return set;
    }

    private async Task<System.Collections.Immutable.ImmutableArray<string>> MakeAsync(Component component, ComponentSet set)
    {
        switch (component.Type)
        {
            case "state.redis":
                set.StateStores[component.Name] = new(component, appId, await RedisHost.ConnectAsync(component), clock);
                return ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"];
            case "pubsub.redis":
                set.PubSubs[component.Name] = new(component, appId, await RedisHost.ConnectAsync(component), clock, loggers);
                return [];
            case "lock.redis":
                set.LockStores[component.Name] = new(component, appId, await RedisHost.ConnectAsync(component));
                return [];
            case "configuration.redis":
                set.ConfigurationStores[component.Name] = new(await RedisHost.ConnectAsync(component), loggers);
                return [];
            case "secretstores.local.file":
                var secrets = Secrets.LocalFileSecretStore.Read(component);
                set.SecretStores[component.Name] = secrets;
                return secrets.IsMultiValued ? ["MULTIPLE_KEY_VALUES_PER_SECRET"] : [];
            case "bindings.redis":
                set.OutputBindings[component.Name] = new(await RedisHost.ConnectAsync(component));
                return ["OUTPUT_BINDING"];
            case "bindings.cron":
                if (component.Works("input"))
                {
                    set.InputBindings.Add(new(component, clock));
                }

                return ["INPUT_BINDING"];
            default:
                throw new FormatException($"couldn't find component {component.Type}/{component.Version}: the stand-in does not have it");
        }
    }

    private static Component Resolved(ComponentSource source, ComponentSet set)
    {
        if (source.Secrets.Count == 0)
        {
            return source.Described;
        }

        if (source.SecretStore is not { } name || !set.SecretStores.TryGetValue(name, out var store))
        {
            throw new FormatException($"component {source.Described.Name} references a secret store that isn't loaded: {source.SecretStore}");
        }

        var metadata = new Dictionary<string, string>(source.Described.Metadata, StringComparer.OrdinalIgnoreCase);
        foreach (var secret in source.Secrets)
        {
            metadata[secret.Setting] = store.Get(secret.Name) is { } values && values.TryGetValue(secret.Key.Length > 0 ? secret.Key : secret.Name, out var value) ? value : "";
        }

        return source.Described with { Metadata = metadata };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Component loaded: {Name} ({Type})")]
        public static partial void Loaded(ILogger logger, string name, string type);

        [LoggerMessage(LogLevel.Warning, "Component {Name} ({Type}) is left out, ignoring its error: {Why}")]
        public static partial void LeftOut(ILogger logger, string name, string type, string why);
    }
}
