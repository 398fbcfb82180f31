using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Cli.Output;

namespace PodPool.Cli.Deploy;

/// <summary>How a package is made.</summary>
/// <param name="RuntimeIdentifier">What native code is made for.</param>
/// <param name="Framework">Of a project that builds for several; null: its only one.</param>
/// <param name="EntryPoint">What is called; null: to be found.</param>
internal sealed record PackageOptions(string RuntimeIdentifier, string? Framework = null, string? EntryPoint = null);

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
        TemporaryFolder? folder = null;
        try
        {
            if (source is PackageSource.Project project)
            {
                folder = new TemporaryFolder("podpool-publish");
                await output.BusyAsync($"Publishing {Path.GetFileName(project.File)}", async () =>
                {
                    await DotNetPublish.RunAsync(project.File, options.RuntimeIdentifier, options.Framework, folder.Path, cancellationToken).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
            }

            var files = source switch
            {
                PackageSource.Project => PackageFolder.Read(folder!.Path),
                PackageSource.Published published => PackageFolder.Read(published.Folder),
                PackageSource.Assembly assembly => PackageFolder.ReadAround(assembly.File),
                _ => throw new InvalidOperationException(),
            };
            var kept = HostFiles.LeaveOut(files);
            var (compiled, report) = await new ReadyToRunCompiler(terminal, output)
                .CompileAsync(kept, options.RuntimeIdentifier, cancellationToken).ConfigureAwait(false);
            var package = await Package.CreateAsync(compiled, options.EntryPoint ?? "", cancellationToken).ConfigureAwait(false);
            return new(package, report, folder);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }
    }
}
