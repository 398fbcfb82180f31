using System.Text.Json;

namespace PodPool.Manager.Pools;

/// <summary>
/// What the sizes of pools have learnt, in a file of the state folder, for the next manager. Without it pools learn anew: so nothing that is wrong with it
/// keeps a manager from starting or ending.
/// </summary>
internal sealed partial class LearntSizes(ManagerOptions options, PoolSet pools, TimeProvider time, ILogger<LearntSizes> logger)
{
    private readonly string _path = Path.Combine(options.StateFolder, "pool-learnt.json");

    /// <summary>Gives the pools what is in the file. Before they are kept.</summary>
    public void Give()
    {
        try
        {
            if (!File.Exists(_path))
            {
                return;
            }

            foreach (var (pool, learnt) in JsonSerializer.Deserialize<Dictionary<string, string?>>(File.ReadAllBytes(_path)) ?? [])
            {
                pools.Find(pool)?.Learn(learnt);
            }
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            Log.NotRead(logger, _path, exception.Message);
        }
    }

    /// <summary>Writes the file from time to time, until it is ended.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(PoolRunner.KeepLearntEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            Keep();
        }
    }

    /// <summary>Writes the file, if a pool has learnt anything. One that is cut off leaves the old one.</summary>
    public void Keep()
    {
        var learnt = new Dictionary<string, string>();
        foreach (var pool in pools.All)
        {
            if (pool.Learnt is { } text)
            {
                learnt.Add(pool.Name, text);
            }
        }

        if (learnt.Count == 0)
        {
            return;
        }

        try
        {
            File.WriteAllBytes(_path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(learnt));
            File.Move(_path + ".tmp", _path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, _path, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "'{Path}' cannot be read, pools learn their sizes anew: {Message}", EventName = "NotRead")]
        public static partial void NotRead(ILogger logger, string path, string message);

        [LoggerMessage(2, LogLevel.Warning, "What pools have learnt of their sizes cannot be written to '{Path}': {Message}", EventName = "NotKept")]
        public static partial void NotKept(ILogger logger, string path, string message);
    }
}
