using Google.Protobuf;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages;
using PodPool.Packaging;

namespace PodPool.Manager.Functions;

/// <summary>What only a package's bytes can tell, asked at deploy.</summary>
internal sealed class PackageChecks(ManagerOptions options, PackageStore store)
{
    private readonly Lazy<HostPlatform> _host = new(() => HostPlatform.Current(options.RuntimeFolder));

    /// <summary>Checks a package whose file list is in order.</summary>
    /// <returns>The entry point, resolved.</returns>
    /// <exception cref="Grpc.Core.RpcException">A file is not held, or the package would not start; says all that is wrong.</exception>
    public string Check(FunctionSpec spec)
    {
        var missing = spec.Files.Where(file => !store.Holds(file)).ToList();
        if (missing.Count > 0)
        {
            throw Reason.FileMissing.ToException(
                $"{missing.Count} of the package's {spec.Files.Count} files are not uploaded, or of another size, '{missing[0].Path}' among them: upload them first",
                ("file", missing[0].Path));
        }

        var entries = spec.Files.Select(file => new PackageEntry(file.Path, file.Size, () => store.OpenRead(file.Sha256)));
        var report = PackageInspector.Inspect([.. entries], spec.EntryPoint, _host.Value);
        return report.Problems is [var first, ..]
            ? throw first.Reason.ToException(
                string.Join('\n', report.Problems.Select(problem => problem.Message).Distinct()), ("file", first.File), ("type", first.Type))
            : report.EntryPoint!.ToString();
    }
}
