using PodPool.Cli.Deploy;
using PodPool.Cli.Deploy.ReadyToRun;

namespace PodPool.Cli.Tests.Deploy;

public sealed class PackageBuilderTests
{
    [Fact]
    public async Task A_project_becomes_a_package_of_compiled_assemblies_without_what_the_pod_has_itself()
    {
        using var terminal = new TestTerminal();
        var builder = new PackageBuilder(terminal.Terminal, terminal.Output);

        using var built = await builder.BuildAsync(
            Repository.Sample("Hello"), new PackageOptions(Runtimes.Current), TestContext.Current.CancellationToken);

        Assert.Equal(["Hello.deps.json", "Hello.dll", "Hello.pdb", "Hello.runtimeconfig.json"], built.Package.Files.Select(file => file.Path));
        Assert.Equal(new ReadyToRunReport(0, 1, 0, []) with { NotCompiled = built.ReadyToRun.NotCompiled }, built.ReadyToRun);
        Assert.Empty(built.ReadyToRun.NotCompiled);
        Assert.Equal(ManagedImage.ReadyToRun, ManagedImages.KindOf(built.Package.Sources[1]));
    }
}
