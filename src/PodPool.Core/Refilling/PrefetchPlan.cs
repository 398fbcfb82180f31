namespace PodPool.Core;

/// <summary>A package that a warm pod may be claimed for.</summary>
/// <param name="PackageDigest">Names its files.</param>
/// <param name="Bytes">Of all its files.</param>
/// <param name="LastWanted">When a function of it was last started or deployed.</param>
public sealed record PrefetchCandidate(string PackageDigest, long Bytes, DateTimeOffset LastWanted);

/// <summary>Which packages' files warm pods are given while they idle.</summary>
public static class PrefetchPlan
{
    /// <summary>The lately wanted first, each whole, as long as they fit; one that does not fit leaves its room to smaller ones.</summary>
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
            if (candidate.Bytes <= budget)
            {
                budget -= candidate.Bytes;
                chosen.Add(candidate.PackageDigest);
            }
        }

        return chosen;
    }
}
