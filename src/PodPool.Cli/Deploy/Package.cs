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
    private static readonly ByteString NotYetTaken = ByteString.CopyFrom(new byte[SHA256.HashSizeInBytes]);

    public string Digest { get; } = PackageRules.Digest(Files);

    /// <summary>Takes the digests of the files.</summary>
    /// <exception cref="CliException">They make no package.</exception>
    public static async Task<Package> CreateAsync(IReadOnlyList<SourceFile> entries, string entryPoint, CancellationToken cancellationToken)
    {
        // Names and sizes first: a file that is too large is refused before a byte of it is read.
        PackageFile[] files = [.. entries.Select(entry => new PackageFile { Path = entry.Path, Sha256 = NotYetTaken, Size = new FileInfo(entry.File).Length })];
        Refuse(PackageRules.Check(files));

        await Parallel.ForAsync(0, entries.Count, cancellationToken, async (index, stop) =>
        {
            var stream = File.OpenRead(entries[index].File);
            await using (stream.ConfigureAwait(false))
            {
                files[index].Sha256 = UnsafeByteOperations.UnsafeWrap(await SHA256.HashDataAsync(stream, stop).ConfigureAwait(false));
            }
        }).ConfigureAwait(false);

        return new(files, [.. entries.Select(entry => entry.File)], entryPoint, files.Sum(file => file.Size));
    }

    private static void Refuse(PackageFault? fault)
    {
        if (fault is not null)
        {
            throw new CliException(ExitCode.Refused, fault.Message, Server.Remedies.For(fault.Reason), fault.Reason.WireName());
        }
    }
}
