using System.Runtime.InteropServices;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;

namespace PodPool.Cli.Deploy.ReadyToRun;

/// <summary>
/// The ReadyToRun compiler, which is no part of the SDK: NuGet has it, in the version the SDK names. A project of our own that
/// downloads nothing else asks for it once; afterwards it is in the user's package folder.
/// </summary>
internal sealed class Crossgen(Terminal terminal, IOutput output)
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
            <EnableDefaultItems>false</EnableDefaultItems>
          </PropertyGroup>
          <Target Name="NameCompiler" BeforeTargets="CollectPackageDownloads">
            <ItemGroup>
              <_Compiler Include="@(KnownCrossgen2Pack)" Condition="'%(TargetFramework)' == '$(TargetFramework)'" />
            </ItemGroup>
            <PropertyGroup>
              <_CompilerVersion>@(_Compiler->'%(Crossgen2PackVersion)')</_CompilerVersion>
              <_CompilerPattern>@(_Compiler->'%(Crossgen2PackNamePattern)')</_CompilerPattern>
              <_CompilerPackage>$(_CompilerPattern.Replace('**RID**', '$(NETCoreSdkPortableRuntimeIdentifier)'))</_CompilerPackage>
            </PropertyGroup>
            <ItemGroup>
              <PackageDownload Include="$(_CompilerPackage)" Version="[$(_CompilerVersion)]" />
            </ItemGroup>
          </Target>
          <Target Name="ReportCompiler" DependsOnTargets="NameCompiler">
            <WriteLinesToFile File="$(ReportFile)" Overwrite="true"
                              Lines="$(NuGetPackageRoot)$(_CompilerPackage.ToLowerInvariant())/$(_CompilerVersion)/tools" />
          </Target>
        </Project>
        """;

    private readonly string _remembered =
        Path.Combine(UserFolders.Cache(terminal.Environment), "compiler", $"{RuntimeInformation.RuntimeIdentifier}-{Environment.Version}.txt");

    /// <summary>The compiler, downloaded if need be.</summary>
    /// <returns>Its path and version; null: it cannot be had, and a warning said why.</returns>
    public async Task<CrossgenTool?> FindAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(_remembered) && ToolIn((await File.ReadAllTextAsync(_remembered, cancellationToken).ConfigureAwait(false)).Trim()) is { } known)
        {
            return known;
        }

        using var folder = new TemporaryFolder("podpool-compiler");
        var project = Path.Combine(folder.Path, "compiler.csproj");
        var report = Path.Combine(folder.Path, "report.txt");
        await File.WriteAllTextAsync(project, Project, cancellationToken).ConfigureAwait(false);
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            // Nothing of a folder above says anything here.
            await File.WriteAllTextAsync(Path.Combine(folder.Path, name), "<Project />", cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var result = await output.BusyAsync("Getting the ReadyToRun compiler", () => DotNetCli.RunAsync(
                folder.Path,
                ["msbuild", project, "-restore", "-target:ReportCompiler", $"-property:ReportFile={report}", "-nologo", "-verbosity:quiet", "-nodeReuse:false"],
                cancellationToken)).ConfigureAwait(false);
            if (result.ExitCode == 0 && File.Exists(report)
                && ToolIn((await File.ReadAllTextAsync(report, cancellationToken).ConfigureAwait(false)).Trim()) is { } found)
            {
                await RememberAsync(found, cancellationToken).ConfigureAwait(false);
                return found;
            }

            Missing(result.Lines.FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal))?.Trim() ?? "no such package");
        }
        catch (CliException exception)
        {
            Missing(exception.Message);
        }

        return null;
    }

    /// <summary>The file comes whole: another deploy may read it, or write the same, at this moment.</summary>
    private async Task RememberAsync(CrossgenTool found, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_remembered)!);
        var beside = _remembered + "." + Guid.NewGuid().ToString("n");
        await File.WriteAllTextAsync(beside, Path.GetDirectoryName(found.Path), cancellationToken).ConfigureAwait(false);
        File.Move(beside, _remembered, overwrite: true);
    }

    private void Missing(string why) => output.Warn(
        $"the ReadyToRun compiler (NuGet package Microsoft.NETCore.App.Crossgen2) cannot be had: {why}{Environment.NewLine}"
        + "The function is deployed as IL. It works, but its code is compiled while its first caller waits: "
        + "expect tens of milliseconds more for a small function, and hundreds for a large one. Deploy again when the package source can be reached.");

    private static CrossgenTool? ToolIn(string folder)
    {
        var path = Path.Combine(folder, OperatingSystem.IsWindows() ? "crossgen2.exe" : "crossgen2");
        return File.Exists(path) ? new(path, Path.GetFileName(Path.GetDirectoryName(folder))!) : null;
    }
}

/// <summary>A ReadyToRun compiler.</summary>
internal sealed record CrossgenTool(string Path, string Version);
