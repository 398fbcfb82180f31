namespace PodPool.Core;

/// <summary>A package that a warm pod may be claimed for.</summary>
/// <param name="PackageDigest">Names its files.</param>
/// <param name="Bytes">Of all its files.</param>
/// <param name="LastWanted">When a function of it was last started or deployed.</param>
public sealed record PrefetchCandidate(string PackageDigest, long Bytes, DateTimeOffset LastWanted);

/// <summary>Which packages' files warm pods are given while they idle.</summary>
public static class PrefetchPlan
{
    /// <summary>
    /// Smaller packages are sent in about a millisecond, which is what it takes a pod to free itself of the files of others.
    /// </summary>
    public const long SmallestPackage = 256 << 10;

    /// <summary>The lately wanted first, each whole, as long as they fit; one that does not fit leaves its room to smaller ones, and the small ones are left out.</summary>
    /// <param name="candidates">In any order; of several of one package the last wanted counts.</param>
    /// <param name="budget">Bytes that one pod may hold.</param>
    /// <returns>Digests, each once, the last wanted first.</returns>
    public static IReadOnlyList<string> Choose(IEnumerable<PrefetchCandidate> candidates, long budget)
    {
        List<string> chosen = [];
        var lately = candidates
            .OrderByDescending(candidate => candidate.LastWanted)
            .ThenBy(candidate => candidate.PackageDigest, StringComparer.Ordinal)
            .DistinctBy(candidate => candidate.PackageDigest);
        foreach (var candidate in lately)
        {
            if (candidate.Bytes >= SmallestPackage && candidate.Bytes <= budget)
            {
                budget -= candidate.Bytes;
                chosen.Add(candidate.PackageDigest);
            }
        }

        return chosen;
    }
}
