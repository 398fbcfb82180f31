using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Packages;

/// <summary>A package whose files the store holds.</summary>
/// <param name="Files">Ordered by path.</param>
/// <param name="Config">What the package says of itself; an archive says nothing.</param>
internal sealed record ResolvedPackage(IReadOnlyList<PackageFile> Files, PackageConfig Config)
{
    /// <summary>As <see cref="PackageRules.Digest"/>: the same files have the same, wherever they came from.</summary>
    public string Digest { get; } = PackageRules.Digest(Files);

    /// <summary>Bytes of all files.</summary>
    public long Size => Files.Sum(file => file.Size);
}

/// <summary>Where packages come from and go to.</summary>
internal interface IPackageSource
{
    /// <summary>Brings a package's files into the store. Asks nobody when all of it is there: a registry that is down is no matter then.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="credentials">A pull secret's; null: none was named.</param>
    /// <exception cref="PackageSourceException">It cannot be had, or is no package; the message is for the function's author.</exception>
    Task<ResolvedPackage> ResolveAsync(PackageReference reference, RegistryCredentials? credentials, CancellationToken cancellationToken);

    /// <summary>Puts files that the store holds into a registry.</summary>
    /// <returns>What <see cref="ResolveAsync"/> brings them back with.</returns>
    /// <exception cref="PackageSourceException">It cannot be done.</exception>
    Task<ImageReference> PushAsync(
        RepositoryReference repository, IReadOnlyList<PackageFile> files, PackageConfig config, RegistryCredentials? credentials, CancellationToken cancellationToken);

    /// <summary>Asks a registry, once, whether it answers as one.</summary>
    /// <exception cref="PackageSourceException">It does not, or wants credentials, or other ones.</exception>
    Task CheckAsync(RepositoryReference repository, RegistryCredentials? credentials, CancellationToken cancellationToken);
}
