using Google.Protobuf;

namespace PodPool.Manager.Packages.Archives;

/// <summary>An archive, by its digest.</summary>
/// <param name="Url">Where it is; may hold a secret in its query: not for messages.</param>
/// <param name="Sha256">32 bytes: the digest of the archive as a whole.</param>
internal sealed record ArchiveReference(Uri Url, ByteString Sha256)
{
    /// <summary>Reads a URL and a digest.</summary>
    /// <param name="url">https, or http to hosts that were named as insecure.</param>
    /// <param name="sha256">64 hexadecimal digits, with <c>sha256:</c> before them or not.</param>
    /// <exception cref="PackageSourceException">One is none.</exception>
    public static ArchiveReference Parse(string url, string sha256)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.Host.Length == 0)
        {
            throw new PackageSourceException(PackageProblem.ReferenceInvalid, "the package's url is no absolute https URL");
        }

        if (address.UserInfo.Length > 0)
        {
            throw new PackageSourceException(
                PackageProblem.ReferenceInvalid, $"the package's url on '{address.Authority}' holds a user and a password, which everybody can read there: put them into the pull secret");
        }

        var digest = sha256.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) ? sha256 : "sha256:" + sha256;
        return Registries.ImageReference.TryReadDigest(digest.ToLowerInvariant(), out var bytes)
            ? new(address, bytes)
            : throw new PackageSourceException(
                PackageProblem.ReferenceInvalid,
                $"'{Visible.Of(sha256)}', the package's sha256, is not 64 hexadecimal digits: give what 'sha256sum' prints for the archive, without which the package could change unseen");
    }

    /// <summary>Without what may be a secret.</summary>
    public override string ToString() => $"{Visible.Of(Url.GetLeftPart(UriPartial.Path))} ({Registries.ImageReference.Write(Sha256)})";
}
