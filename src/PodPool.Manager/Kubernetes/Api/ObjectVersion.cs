namespace PodPool.Manager.Kubernetes.Api;

/// <summary>
/// Compares resource versions. They are decimal numbers of any length, and those of one kind of object may be compared since the
/// server says so (KEP-5504); before, every server behaved so.
/// </summary>
internal static class ObjectVersion
{
    /// <summary>Whether a version is no newer than another. What is no number is never said to be old, unless it is the same.</summary>
    public static bool IsNotAfter(string? version, string? other)
    {
        if (version == other)
        {
            return true;
        }

        if (!IsNumber(version) || !IsNumber(other))
        {
            return false;
        }

        return version!.Length != other!.Length ? version.Length < other.Length : string.CompareOrdinal(version, other) <= 0;
    }

    /// <summary>The newer of two.</summary>
    public static string Newer(string version, string other) => IsNotAfter(version, other) ? other : version;

    private static bool IsNumber(string? version) => version is { Length: > 0 } && version[0] != '0' && version.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
}
