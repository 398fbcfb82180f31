using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Cli.Local;
using PodPool.Cli.Output;
using PodPool.Packaging;

namespace PodPool.Cli.Deploy;

/// <summary>How a package is made.</summary>
/// <param name="EntryPoint">What is called; empty: to be found.</param>
/// <param name="Framework">Of a project that builds for several; null: its only one.</param>
internal sealed record PackageOptions(string EntryPoint = "", string? Framework = null);

/// <summary>A package, and the folder that its files may still be in.</summary>
internal sealed record BuiltPackage(Package Package, ReadyToRunReport ReadyToRun, IDisposable? Folder) : IDisposable
{
    public void Dispose() => Folder?.Dispose();
}

/// <summary>Makes a package of a project, a folder or an assembly: publish, leave out, check, compile, take digests.</summary>
internal sealed class PackageBuilder(Terminal terminal, IOutput output)
{
    /// <exception cref="CliException">It cannot be a package; the message says why and what to do.</exception>
    public async Task<BuiltPackage> BuildAsync(string path, PackageOptions options, CancellationToken cancellationToken)
    {
        var source = PackageSource.Find(path);
        var host = HostPlatform.Current(PodRuntime.Folder);
        TemporaryFolder? folder = null;
        try
        {
            if (source is PackageSource.Project project)
            {
                folder = new TemporaryFolder("podpool-publish");
                await output.BusyAsync($"Publishing {Path.GetFileName(project.File)}", async () =>
                {
                    await DotNetPublish.RunAsync(project.File, host.RuntimeIdentifier, options.Framework, folder.Path, cancellationToken).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
            }

            var files = source switch
            {
                PackageSource.Project => PublishedFolder.Read(folder!.Path),
                PackageSource.Published published => PublishedFolder.Read(published.Folder),
                PackageSource.Assembly assembly => PublishedFolder.ReadAround(assembly.File),
                _ => throw new InvalidOperationException(),
            };
            var wanted = options.EntryPoint.Length == 0 && source is PackageSource.Assembly named
                ? Path.GetFileNameWithoutExtension(named.File)
                : options.EntryPoint;
            var entryPoint = PackageCheck.EntryPointOf(files, wanted, host);
            var (compiled, report) = await new ReadyToRunCompiler(terminal, output)
                .CompileAsync(HostFiles.LeaveOut(files, host), host, cancellationToken).ConfigureAwait(false);
            var package = await Package.CreateAsync(compiled, entryPoint, cancellationToken).ConfigureAwait(false);
            return new(package, report, folder);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }
    }
}
