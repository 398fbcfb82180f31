using System.Globalization;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.State;

/// <summary>state.redis: an item is a hash with the fields "data" and "version".</summary>
/// <remarks>
/// dapr/components-contrib state/redis/redis.go, with what may surprise in it: an etag of an item that is not there is not looked at; a transaction is
/// MULTI and EXEC, so what fails in it takes nothing else back.
/// </remarks>
internal sealed class RedisStateStore(Component component, string appId, ConnectionMultiplexer redis, TimeProvider clock)
{
    // KEYS[1]: the item. ARGV: the version that must be there ("0": none was given), the data, and "0" where the first to write wins.
    private const string SetScript = """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        if type(version) == 'table' then
          redis.call('DEL', KEYS[1])
          version = false
        end
        local guarded = redis.call('HGET', KEYS[1], 'first-write')
        local given = ARGV[1]
        if version and version ~= '' and version ~= given and (guarded or given ~= '0') then
          return redis.error_reply('ERR failed to set key ' .. KEYS[1])
        end
        redis.call('HSET', KEYS[1], 'data', ARGV[2])
        if ARGV[3] == '0' then
          redis.call('HSET', KEYS[1], 'first-write', 0)
        end
        return redis.call('HINCRBY', KEYS[1], 'version', 1)
        """;

    private const string DeleteScript = """
        local version = redis.pcall('HGET', KEYS[1], 'version')
        local given = ARGV[1]
        if type(version) == 'string' and version ~= '' and version ~= given and given ~= '0' then
          return redis.error_reply('ERR failed to delete ' .. KEYS[1])
        end
        return redis.call('DEL', KEYS[1])
        """;

    private readonly IDatabase _items = redis.GetDatabase();

    /// <summary>The time to live of items that ask for none; null: for ever.</summary>
    private readonly int? _timeToLive = component["ttlInSeconds"] is null ? null : component.Number("ttlInSeconds", 0);

    public string Name => component.Name;

    public KeyPrefix Prefix { get; } = new(component, appId);

    /// <summary>An item; null: there is none.</summary>
    /// <exception cref="RedisException">Redis said no.</exception>
    /// <exception cref="StateStoreException">What is there is no item.</exception>
    public async Task<FoundItem?> GetAsync(string key, IReadOnlyDictionary<string, string> metadata)
    {
        if (AsksForJson(metadata))
        {
            await _items.ExecuteAsync("JSON.GET", key);
        }

        HashEntry[] fields;
        try
        {
            fields = await _items.HashGetAllAsync(key);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            // Written by somebody else as a plain value.
            return new((byte[])(await _items.StringGetAsync(key))!, null, new Dictionary<string, string>());
        }

        if (fields.Length == 0)
        {
            return null;
        }

        var values = fields.ToDictionary(field => field.Name.ToString(), field => field.Value);
        if (!values.TryGetValue("data", out var data) || !values.TryGetValue("version", out var version))
        {
            throw StateStoreException.Other("required hash field 'data' or 'version' was not found");
        }

        var left = await _items.KeyTimeToLiveAsync(key);
        return new((byte[])data!, version.ToString(), left is { } time
            ? new Dictionary<string, string> { ["ttlExpireTime"] = (clock.GetUtcNow() + time).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }
            : []);
    }

    /// <exception cref="StateStoreException">It was not saved.</exception>
    public async Task SetAsync(SetItem item)
    {
        if (item.Options.Fault is { } fault)
        {
            throw StateStoreException.Other(fault);
        }

        var version = VersionOf(item);
        var timeToLive = TimeToLiveOf(item);
        try
        {
            if (AsksForJson(item.Metadata))
            {
                await _items.ExecuteAsync("JSON.SET", item.Key, "$", item.Value);
            }

            await _items.ScriptEvaluateAsync(SetScript, [item.Key], [version, item.Value, item.Options.Concurrency == "first-write" ? "0" : "1"]);
        }
        catch (RedisException exception)
        {
            throw item.ETag is null ? StateStoreException.Other($"failed to set key {item.Key}: {exception.Message}") : StateStoreException.Mismatch(exception.Message);
        }

        // Consistency needs nothing here: daprd waits for replicas where there are some.
        if (timeToLive is > 0)
        {
            await _items.KeyExpireAsync(item.Key, TimeSpan.FromSeconds(timeToLive.Value));
        }
        else if (timeToLive is not null)
        {
            await _items.KeyPersistAsync(item.Key);
        }
    }

    /// <exception cref="StateStoreException">It was not deleted.</exception>
    public async Task DeleteAsync(DeleteItem item)
    {
        if (item.Options.Fault is { } fault)
        {
            throw StateStoreException.Other(fault);
        }

        try
        {
            if (AsksForJson(item.Metadata))
            {
                await _items.ExecuteAsync("JSON.DEL", item.Key);
            }

            await _items.ScriptEvaluateAsync(DeleteScript, [item.Key], [item.ETag ?? "0"]);
        }
        catch (RedisException exception)
        {
            throw StateStoreException.Mismatch(exception.Message);
        }
    }

    /// <summary>All in one MULTI and EXEC.</summary>
    /// <exception cref="StateStoreException">One of them failed; the others are done.</exception>
    public async Task RunAsync(IReadOnlyList<StateOperation> operations)
    {
        var transaction = _items.CreateTransaction();
        List<Task> answers = [];
        foreach (var operation in operations)
        {
            if (operation is SetItem set)
            {
                answers.Add(transaction.ExecuteAsync("EVAL", SetScript, 1, set.Key, VersionOf(set), set.Value));
                var timeToLive = TimeToLiveOf(set);
                if (timeToLive is not null)
                {
                    answers.Add(timeToLive > 0 ? transaction.KeyExpireAsync(set.Key, TimeSpan.FromSeconds(timeToLive.Value)) : transaction.KeyPersistAsync(set.Key));
                }
            }
            else if (operation is DeleteItem delete)
            {
                answers.Add(transaction.ExecuteAsync("EVAL", DeleteScript, 1, delete.Key, delete.ETag ?? "0"));
            }
        }

        try
        {
            await transaction.ExecuteAsync();
            await Task.WhenAll(answers);
        }
        catch (RedisException exception)
        {
            throw StateStoreException.Other(exception.Message);
        }
    }

    private static bool AsksForJson(IReadOnlyDictionary<string, string> metadata)
        => metadata.TryGetValue("contentType", out var type) && type == "application/json";

    private static string VersionOf(SetItem item)
        => item.Options.Concurrency == "last-write" || string.IsNullOrEmpty(item.ETag) ? "0"
            : int.TryParse(item.ETag, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var version) ? version.ToString(CultureInfo.InvariantCulture)
            : throw StateStoreException.Invalid($"strconv.Atoi: parsing \"{item.ETag}\": invalid syntax");

    private int? TimeToLiveOf(SetItem item)
        => !item.Metadata.TryGetValue("ttlInSeconds", out var text) || text.Length == 0 ? _timeToLive
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds
            : throw StateStoreException.Other($"failed to parse ttl from metadata: strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
