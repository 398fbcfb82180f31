using System.Security.Cryptography;

namespace PodPool.Manager.Platform;

/// <summary>Names for pods and claims: never used twice (80 random bits), and DNS labels, as a cluster wants.</summary>
internal static class PodNames
{
    /// <summary>Without vowels and what looks alike: no name spells a word.</summary>
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    public static string New(string prefix) => $"{prefix}-{RandomNumberGenerator.GetString(Letters, 17)}";
}
