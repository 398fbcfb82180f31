using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;

namespace PodPool.Manager.Packages.Registries;

/// <summary>A manifest, by its digest: the same bytes for ever.</summary>
/// <param name="Repository">Where it is.</param>
/// <param name="Digest"><c>sha256:</c> and 64 hexadecimal digits.</param>
internal sealed record ImageReference(RepositoryReference Repository, string Digest)
{
    private const string Algorithm = "sha256:";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads <c>host[:port]/repository@sha256:digest</c>; a tag before the <c>@</c> says nothing and is dropped.</summary>
    /// <exception cref="PackageSourceException">It is none, or pins no digest.</exception>
    public static ImageReference Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (rest, digest) = at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
        var colon = rest.LastIndexOf(':');
        var repository = RepositoryReference.Parse(colon > rest.LastIndexOf('/') && rest.Contains('/', StringComparison.Ordinal) ? rest[..colon] : rest);
        if (at < 0)
        {
            throw new PackageSourceException(
                PackageProblem.ReferenceInvalid,
                $"the image reference '{Visible.Of(text)}' pins no digest, and what a tag points to can change: write {repository}@sha256:digest (a push prints it)");
        }

        return TryReadDigest(digest, out _)
            ? new(repository, digest)
            : throw new PackageSourceException(
                PackageProblem.ReferenceInvalid, $"'{Visible.Of(digest)}' in the image reference of {repository} is no digest: 'sha256:' and 64 lower-case hexadecimal digits");
    }

    /// <summary>The bytes of a digest as registries write it.</summary>
    public static bool TryReadDigest(string? text, [NotNullWhen(true)] out ByteString? digest)
    {
        digest = text is not null && text.StartsWith(Algorithm, StringComparison.Ordinal)
            && text.Length == Algorithm.Length + (2 * SHA256.HashSizeInBytes) && text.AsSpan(Algorithm.Length).IndexOfAnyExcept(HexDigits) < 0
            ? UnsafeByteOperations.UnsafeWrap(Convert.FromHexString(text.AsSpan(Algorithm.Length)))
            : null;
        return digest is not null;
    }

    /// <summary>A digest as registries write it.</summary>
    public static string DigestOf(ReadOnlySpan<byte> bytes) => Algorithm + Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A digest as registries write it.</summary>
    public static string Write(ByteString sha256) => Algorithm + Convert.ToHexStringLower(sha256.Span);

    /// <inheritdoc/>
    public override string ToString() => $"{Repository}@{Digest}";
}
