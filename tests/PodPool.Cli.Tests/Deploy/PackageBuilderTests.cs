using System.IO.Compression;
using System.Reflection.PortableExecutable;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Cli.Tests.Platform;

namespace PodPool.Cli.Tests.Deploy;

public sealed class PackageBuilderTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly string _folder;

    public PackageBuilderTests() => _folder = Directory.CreateDirectory(Path.Combine(_terminal.Folder, "package")).FullName;

    [Fact]
    public async Task A_project_becomes_a_package_of_compiled_assemblies_without_what_the_pod_has_itself()
    {
        // Nothing compiled before, nor the compiler found.
        _terminal["XDG_CACHE_HOME"] = Path.Combine(_terminal.Folder, "cache");

        using var built = await BuildAsync(Author.ProjectWithFunctions(_folder, "Hello", """
            public sealed class HelloFunction : PodPool.Functions.IHttpFunction
            {
                public Task HandleAsync(Microsoft.AspNetCore.Http.HttpContext context) => Task.CompletedTask;
            }
            """));

        Assert.Equal("Hello::HelloFunction", built.Package.EntryPoint);
        Assert.Equal(["Hello.deps.json", "Hello.dll", "Hello.pdb", "Hello.runtimeconfig.json"], built.Package.Files.Select(file => file.Path));
        Assert.Equal((0, 1, 0), (built.ReadyToRun.Already, built.ReadyToRun.Compiled, built.ReadyToRun.Cached));
        Assert.Equal(ManagedImage.ReadyToRun, ManagedImages.KindOf(built.Package.Sources[1]));
    }

    [Fact]
    public async Task A_project_that_does_not_build_is_refused_with_the_compilers_words()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "Broken.csproj"),
            """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""",
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "Broken.cs"), "public class Broken { public int Answer() => \"no number\"; }", TestContext.Current.CancellationToken);

        var refused = await RefusedAsync(_folder);

        Assert.Contains("Broken.cs(1,", refused.Message, StringComparison.Ordinal);
        Assert.Contains("CS0029", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Il_in_a_published_folder_is_compiled_once()
    {
        new TestAssembly("Plain").WithFunction("Plain.Echo").WriteTo(_folder);

        using var first = await BuildAsync(_folder);
        using var second = await BuildAsync(_folder);

        Assert.Equal("Plain::Plain.Echo::Answer", first.Package.EntryPoint);
        Assert.Equal((1, 0), (first.ReadyToRun.Compiled, first.ReadyToRun.Cached));
        Assert.Equal((0, 1), (second.ReadyToRun.Compiled, second.ReadyToRun.Cached));
        Assert.Equal(first.Package.Digest, second.Package.Digest);
        Assert.Equal(ManagedImage.ReadyToRun, ManagedImages.KindOf(first.Package.Sources.Single()));
    }

    [Fact]
    public async Task An_assembly_takes_with_it_what_it_references_and_nothing_else()
    {
        File.Copy(typeof(CsCheck.Check).Assembly.Location, Path.Combine(_folder, "CsCheck.dll"));
        new TestAssembly("Other").WithFunction("Other.Unused").WriteTo(_folder);
        new TestAssembly("Main").WithFunction("Main.Echo", refersTo: typeof(CsCheck.Hash)).WriteTo(_folder);

        using var built = await BuildAsync(Path.Combine(_folder, "Main.dll"));

        Assert.Equal("Main::Main.Echo::Answer", built.Package.EntryPoint);
        Assert.Equal(["CsCheck.dll", "Main.dll"], built.Package.Files.Select(file => file.Path));
    }

    [Fact]
    public async Task A_folder_without_project_or_assembly_is_no_package()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "notes.txt"), "nothing", TestContext.Current.CancellationToken);

        var refused = await RefusedAsync(_folder);

        Assert.Contains("is no package", refused.Message, StringComparison.Ordinal);
        Assert.Contains("dotnet publish", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_is_refused_by_its_name()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "Fake.dll"), "MZ, but no image", TestContext.Current.CancellationToken);

        var refused = await RefusedAsync(Path.Combine(_folder, "Fake.dll"));

        Assert.Equal("ASSEMBLY_INVALID", refused.Reason);
        Assert.Contains("Fake.dll", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_target_framework_is_refused_with_the_one_that_fits()
    {
        new TestAssembly("Future", ".NETCoreApp,Version=v11.0").WithFunction("Future.Echo").WriteTo(_folder);

        var refused = await RefusedAsync(_folder);

        Assert.Equal("RUNTIME_MISMATCH", refused.Reason);
        Assert.Contains("Future.dll", refused.Message, StringComparison.Ordinal);
        Assert.Contains("net10.0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_processor_is_refused()
    {
        var other = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? Machine.Amd64 : Machine.Arm64;
        new TestAssembly("Foreign").WithFunction("Foreign.Echo").WriteTo(_folder, other);

        var refused = await RefusedAsync(_folder);

        Assert.Equal("ARCHITECTURE_MISMATCH", refused.Reason);
        Assert.Contains("Foreign.dll", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_dependency_is_named()
    {
        new TestAssembly("Main").WithFunction("Main.Echo", refersTo: typeof(CsCheck.Hash)).WriteTo(_folder);

        var refused = await RefusedAsync(_folder);

        Assert.Equal("ASSEMBLY_MISSING", refused.Reason);
        Assert.Contains("'CsCheck'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_functions_are_listed_when_none_was_named()
    {
        new TestAssembly("Two").WithFunction("Two.First").WithFunction("Two.Second").WriteTo(_folder);

        var refused = await RefusedAsync(_folder);

        Assert.Equal("ENTRY_POINT_AMBIGUOUS", refused.Reason);
        Assert.Contains("Two.First", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Two.Second", refused.Message, StringComparison.Ordinal);
        using var built = await BuildAsync(_folder, "Two::Two.Second");
        Assert.Equal("Two::Two.Second::Answer", built.Package.EntryPoint);
    }

    [Theory]
    [InlineData("Only::Only.Missing", "ENTRY_POINT_NOT_FOUND", "Only.Missing")]
    [InlineData("Only::Only.Hidden", "ENTRY_POINT_INVALID", "Only.Hidden")]
    [InlineData("Nowhere::Only.Echo", "ENTRY_POINT_NOT_FOUND", "Nowhere.dll")]
    [InlineData("Only::Only.Echo::Answer::More", "ENTRY_POINT_INVALID", "4 parts")]
    public async Task A_wrong_entry_point_is_refused_with_what_is_wrong_about_it(string entryPoint, string reason, string named)
    {
        new TestAssembly("Only").WithFunction("Only.Echo").WithHiddenMethod("Only.Hidden").WriteTo(_folder);

        var refused = await RefusedAsync(_folder, entryPoint);

        Assert.Equal(reason, refused.Reason);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_refused_and_not_followed()
    {
        new TestAssembly("Plain").WithFunction("Plain.Echo").WriteTo(_folder);
        File.CreateSymbolicLink(Path.Combine(_folder, "secret.txt"), "/etc/hostname");

        var refused = await RefusedAsync(_folder);

        Assert.Equal("PACKAGE_INVALID", refused.Reason);
        Assert.Contains("secret.txt", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_is_refused_and_not_unpacked()
    {
        var archive = Path.Combine(_folder, "package.zip");
        using (var zip = ZipFile.Open(archive, ZipArchiveMode.Create))
        {
            zip.CreateEntry("../outside.dll");
        }

        var refused = await RefusedAsync(archive);

        Assert.Equal("PACKAGE_INVALID", refused.Reason);
        Assert.Contains("package.zip", refused.Message, StringComparison.Ordinal);
        Assert.Contains("deploy the folder", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal([archive], Directory.EnumerateFiles(_terminal.Folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_file_of_ten_gigabytes_is_refused_before_a_byte_of_it_is_read()
    {
        new TestAssembly("Plain").WithFunction("Plain.Echo").WriteTo(_folder);

        // Whoever opened it would be told that it is in use. It is all hole: it takes no room.
        await using var large = new FileStream(Path.Combine(_folder, "model.bin"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        large.SetLength(10L << 30);

        var refused = await RefusedAsync(_folder);

        Assert.Equal("PACKAGE_TOO_LARGE", refused.Reason);
        Assert.Contains("model.bin", refused.Message, StringComparison.Ordinal);
        Assert.Contains("leave out", refused.Remedy, StringComparison.Ordinal);
    }

    public void Dispose() => _terminal.Dispose();

    private Task<BuiltPackage> BuildAsync(string path, string entryPoint = "")
        => new PackageBuilder(_terminal.Terminal, _terminal.Output).BuildAsync(path, new PackageOptions(entryPoint), TestContext.Current.CancellationToken);

    private async Task<CliException> RefusedAsync(string path, string entryPoint = "")
    {
        var refused = await Assert.ThrowsAsync<CliException>(() => BuildAsync(path, entryPoint));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.False(string.IsNullOrEmpty(refused.Remedy), $"no remedy for: {refused.Message}");
        return refused;
    }
}
