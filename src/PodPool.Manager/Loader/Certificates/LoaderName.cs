namespace PodPool.Manager.Loader.Certificates;

/// <summary>
/// The name that the pods of a pool show in their certificate. Nobody resolves it: it tells pools apart at addresses that are used again.
/// </summary>
internal static class LoaderName
{
    private const string Domain = "loader.podpool.dev";

    /// <summary>The name of a pool.</summary>
    /// <param name="pool">The pool's name, lower case; it may have dots in it.</param>
    /// <param name="space">Its namespace: one DNS label, so that no two pools share a name.</param>
    /// <exception cref="ArgumentException">One of the two is no such name.</exception>
    public static string Of(string pool, string space)
        => !IsName(space) || space.Contains('.') ? throw new ArgumentException($"'{space}' is no namespace: a DNS label is meant", nameof(space))
            : !IsName(pool) ? throw new ArgumentException($"'{pool}' is no name of a pool: DNS labels are meant", nameof(pool))
            : $"{pool}.{space}.{Domain}";

    private static bool IsName(string text)
        => text.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'));
}
