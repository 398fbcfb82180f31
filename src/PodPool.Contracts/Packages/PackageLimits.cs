namespace PodPool.Contracts.Packages;

/// <summary>What a package may be at most. The same limits hold at deploy, in the store and in the pod.</summary>
public static class PackageLimits
{
    /// <summary>Files in a package.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>Bytes of one file.</summary>
    public const long MaxFileSize = 512L << 20;

    /// <summary>Bytes of all files together.</summary>
    public const long MaxPackageSize = 1L << 30;

    /// <summary>Bytes of a file's path in UTF-8.</summary>
    public const int MaxPathBytes = 1024;

    /// <summary>Bytes of a start profile.</summary>
    public const int MaxProfile = 1 << 20;

    /// <summary>Bytes of one chunk of a file on the wire.</summary>
    public const int MaxChunk = 1 << 20;
}
