namespace PodPool.Manager.WebConsole.History;

/// <summary>How many pods of a pool were in which state, and what it had counted by then.</summary>
/// <param name="Starting">Pods.</param>
/// <param name="Warm">Pods.</param>
/// <param name="Claimed">Pods.</param>
/// <param name="Serving">Pods.</param>
/// <param name="Draining">Pods.</param>
/// <param name="Claims">Since the manager started.</param>
/// <param name="Misses">Since the manager started.</param>
internal readonly record struct Levels(int Starting, int Warm, int Claimed, int Serving, int Draining, long Claims, long Misses)
{
    /// <summary>Of a pool, now.</summary>
    public static Levels Of(Core.PoolStatus pool) => new(pool.Starting, pool.Warm, pool.Claimed, pool.Serving, pool.Draining, pool.Claims, pool.Misses);
}

/// <summary>Levels at a moment.</summary>
/// <param name="At">Seconds since 1970.</param>
/// <param name="Levels">The levels.</param>
internal readonly record struct LevelSample(long At, Levels Levels);
