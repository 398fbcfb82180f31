using PodPool.Manager.Packages.Archives;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Packages;

/// <summary>Where a package is kept, pinned to its bytes: <see cref="OfImage"/> or <see cref="OfArchive"/>.</summary>
internal abstract record PackageReference
{
    private PackageReference()
    {
    }

    /// <summary>What its bytes are known by, wherever they are kept; fit for a file's name.</summary>
    public abstract string Key { get; }

    /// <summary>A package in a registry.</summary>
    /// <param name="image"><c>host[:port]/repository@sha256:digest</c>.</param>
    /// <exception cref="PackageSourceException">It is no such thing, or a tag.</exception>
    public static PackageReference OfImage(string image) => new Image(ImageReference.Parse(image));

    /// <summary>A zip, tar.gz or tar on a web server.</summary>
    /// <param name="url">https, or http to hosts that were named as insecure.</param>
    /// <param name="sha256">64 hexadecimal digits: the digest of the archive as a whole.</param>
    /// <exception cref="PackageSourceException">One of them is none.</exception>
    public static PackageReference OfArchive(string url, string sha256) => new Archive(ArchiveReference.Parse(url, sha256));

    /// <summary>A package in a registry.</summary>
    internal sealed record Image(ImageReference Reference) : PackageReference
    {
        /// <inheritdoc/>
        public override string Key => "image-" + Reference.Digest["sha256:".Length..];

        /// <inheritdoc/>
        public override string ToString() => Reference.ToString();
    }

    /// <summary>An archive on a web server.</summary>
    internal sealed record Archive(ArchiveReference Reference) : PackageReference
    {
        /// <inheritdoc/>
        public override string Key => "archive-" + Convert.ToHexStringLower(Reference.Sha256.Span);

        /// <inheritdoc/>
        public override string ToString() => Reference.ToString();
    }
}
