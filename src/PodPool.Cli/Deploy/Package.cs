using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Cli.CommandLine;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Deploy;

/// <summary>A package that can be uploaded: its files with their digests, and what of it is called.</summary>
/// <param name="Files">As the manager gets them.</param>
/// <param name="Sources">Where each file's bytes are, in the order of <paramref name="Files"/>.</param>
/// <param name="EntryPoint">"Assembly", "Assembly::Type" or "Assembly::Type::Method".</param>
/// <param name="Size">Bytes.</param>
internal sealed record Package(IReadOnlyList<PackageFile> Files, IReadOnlyList<string> Sources, string EntryPoint, long Size)
{
    public string Digest { get; } = PackageRules.Digest(Files);

    /// <summary>Takes the digests of the files.</summary>
    /// <exception cref="CliException">They make no package.</exception>
    public static async Task<Package> CreateAsync(IReadOnlyList<SourceFile> entries, string entryPoint, CancellationToken cancellationToken)
    {
        var files = new PackageFile[entries.Count];
        await Parallel.ForAsync(0, entries.Count, cancellationToken, async (index, stop) =>
        {
            var stream = File.OpenRead(entries[index].File);
            await using (stream.ConfigureAwait(false))
            {
                var digest = await SHA256.HashDataAsync(stream, stop).ConfigureAwait(false);
                files[index] = new PackageFile { Path = entries[index].Path, Sha256 = UnsafeByteOperations.UnsafeWrap(digest), Size = stream.Length };
            }
        }).ConfigureAwait(false);

        return PackageRules.Check(files) is { } fault
            ? throw new CliException(ExitCode.Refused, fault.Message, Server.Remedies.For(fault.Reason), fault.Reason.WireName())
            : new(files, [.. entries.Select(entry => entry.File)], entryPoint, files.Sum(file => file.Size));
    }
}
