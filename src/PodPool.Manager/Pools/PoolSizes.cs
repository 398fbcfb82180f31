using System.Text.Json;

namespace PodPool.Manager.Pools;

/// <summary>The sizes that operators gave pools while the manager ran; they win over its options.</summary>
internal sealed class PoolSizes
{
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _sizes;

    /// <exception cref="ManagerOptionsException">The file is there but cannot be read.</exception>
    public PoolSizes(ManagerOptions options)
    {
        _path = Path.Combine(options.StateFolder, "pool-sizes.json");
        try
        {
            _sizes = File.Exists(_path) ? JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(_path)) ?? [] : [];
        }
        catch (JsonException exception)
        {
            throw new ManagerOptionsException($"'{_path}' cannot be read ({exception.Message}): remove it, and pools have the sizes of the manager's options again");
        }
    }

    /// <summary>Warm pods that a pool should have.</summary>
    public int Of(PoolOptions pool)
    {
        lock (_gate)
        {
            return _sizes.GetValueOrDefault(pool.Name, pool.Warm);
        }
    }

    /// <summary>Keeps a size.</summary>
    public void Set(string pool, int warm)
    {
        lock (_gate)
        {
            _sizes[pool] = warm;
            File.WriteAllBytes(_path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(_sizes));
            File.Move(_path + ".tmp", _path, overwrite: true);
        }
    }
}
