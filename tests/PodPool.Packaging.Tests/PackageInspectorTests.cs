using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using PodPool.Contracts.V1;

namespace PodPool.Packaging.Tests;

/// <summary>What of a package keeps it from starting, told from its bytes.</summary>
public sealed class PackageInspectorTests
{
    private const string Http = "public class A : IHttpFunction { public Task HandleAsync(HttpContext context) => Task.CompletedTask; }";

    private static readonly HostPlatform Host = HostPlatform.Current();

    [Fact]
    public void A_package_in_order_has_no_problem_and_names_what_is_not_compiled_ahead()
    {
        var report = PackageInspector.Inspect(Compiled.Package(Http), "Fn::A", Host);
        Assert.Empty(report.Problems);
        Assert.Equal(["Fn.dll"], report.WithoutReadyToRun);
    }

    [Theory]
    [InlineData(".NETCoreApp,Version=v11.0")]
    [InlineData(".NETFramework,Version=v4.8")]
    public void A_package_for_another_runtime_is_refused(string framework)
    {
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", Compiled.Assembly(Http, framework: framework))], "", Host);
        AssertProblem(report, Reason.RuntimeMismatch, "Fn.dll", "<TargetFramework>net10.0");
    }

    [Theory]
    [InlineData(".NETCoreApp,Version=v8.0")]
    [InlineData(".NETStandard,Version=v2.0")]
    [InlineData(null)]
    public void A_package_for_an_older_runtime_is_taken(string? framework)
        => Assert.Empty(PackageInspector.Inspect([Compiled.Entry("Fn.dll", Compiled.Assembly(Http, framework: framework))], "", Host).Problems);

    [Fact]
    public void A_package_for_another_processor_is_refused()
    {
        var other = Host.Architecture == Architecture.X64 ? Platform.Arm64 : Platform.X64;
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", Compiled.Assembly(Http, platform: other))], "", Host);
        AssertProblem(report, Reason.ArchitectureMismatch, "Fn.dll", Host.RuntimeIdentifier);
    }

    [Fact]
    public void A_package_for_this_processor_is_taken()
    {
        var own = Host.Architecture == Architecture.X64 ? Platform.X64 : Platform.Arm64;
        Assert.Empty(PackageInspector.Inspect([Compiled.Entry("Fn.dll", Compiled.Assembly(Http, platform: own))], "", Host).Problems);
    }

    [Fact]
    public void A_package_published_for_another_system_is_refused()
    {
        var dependencies = """{"runtimeTarget":{"name":".NETCoreApp,Version=v10.0/win-x64"},"targets":{".NETCoreApp,Version=v10.0/win-x64":{}},"libraries":{}}""";
        var report = PackageInspector.Inspect([.. Compiled.Package(Http), Compiled.Entry("Fn.deps.json", dependencies)], "", Host);
        AssertProblem(report, Reason.ArchitectureMismatch, "Fn.deps.json", "win-x64");
    }

    [Fact]
    public void An_assembly_that_the_entry_assembly_refers_to_must_be_there()
    {
        var library = Compiled.Assembly("public class Helper { public static int One => 1; }", name: "Lib");
        var function = Compiled.Assembly(Http + "public class B { public int Two => Helper.One; }", references: [library]);
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", function)], "", Host);
        AssertProblem(report, Reason.AssemblyMissing, "Lib.dll", "'Fn.dll' refers to 'Lib'");
        Assert.Empty(PackageInspector.Inspect([Compiled.Entry("Fn.dll", function), Compiled.Entry("Lib.dll", library)], "", Host).Problems);
    }

    [Fact]
    public void An_assembly_that_the_deps_json_lists_must_be_there()
    {
        var dependencies = """{"runtimeTarget":{"name":".NETCoreApp,Version=v10.0"},"targets":{".NETCoreApp,Version=v10.0":{"Lib/2.0.0":{"runtime":{"lib/net8.0/Lib.dll":{}}}}},"libraries":{}}""";
        var report = PackageInspector.Inspect([.. Compiled.Package(Http), Compiled.Entry("Fn.deps.json", dependencies)], "", Host);
        AssertProblem(report, Reason.AssemblyMissing, "Lib.dll", "Lib/2.0.0");
    }

    [Fact]
    public void A_dependency_that_is_no_assembly_is_refused()
    {
        var library = Compiled.Assembly("public class Helper { public static int One => 1; }", name: "Lib");
        var function = Compiled.Assembly(Http + "public class B { public int Two => Helper.One; }", references: [library]);
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", function), Compiled.Entry("Lib.dll", "MZ but not really")], "", Host);
        AssertProblem(report, Reason.AssemblyInvalid, "Lib.dll", "no .NET assembly");
    }

    [Fact]
    public void A_newer_version_of_what_the_host_shares_is_refused()
    {
        var newer = Compiled.Assembly("namespace System.Text.Json { public class More; }", name: "System.Text.Json", version: "99.0.0.0");
        var report = PackageInspector.Inspect([.. Compiled.Package(Http), Compiled.Entry("System.Text.Json.dll", newer)], "Fn", Host);
        AssertProblem(report, Reason.SharedAssemblyTooNew, "System.Text.Json.dll", "99.0.0.0");
    }

    [Fact]
    public void An_older_version_of_what_the_host_shares_is_taken()
    {
        var older = Compiled.Assembly("namespace System.Text.Json { public class More; }", name: "System.Text.Json", version: "4.0.0.0");
        Assert.Empty(PackageInspector.Inspect([.. Compiled.Package(Http), Compiled.Entry("System.Text.Json.dll", older)], "", Host).Problems);
    }

    [Theory]
    [InlineData("""{"runtimeOptions":{"framework":{"name":"Microsoft.WindowsDesktop.App","version":"10.0.0"}}}""", Reason.RuntimeMismatch)]
    [InlineData("""{"runtimeOptions":{"frameworks":[{"name":"Microsoft.AspNetCore.App","version":"12.0.0-preview.1"}]}}""", Reason.RuntimeMismatch)]
    [InlineData("""{"runtimeOptions":{"includedFrameworks":[{"name":"Microsoft.NETCore.App","version":"10.0.0"}]}}""", Reason.PackageInvalid)]
    [InlineData("""{"runtimeOptions":""", Reason.PackageInvalid)]
    [InlineData("{}", Reason.PackageInvalid)]
    public void A_runtime_configuration_that_pods_cannot_meet_is_refused(string config, Reason reason)
        => AssertProblem(PackageInspector.Inspect([.. Compiled.Package(Http), Compiled.Entry("Fn.runtimeconfig.json", config)], "", Host), reason, "Fn.runtimeconfig.json", "");

    [Fact]
    public void A_folder_that_is_no_package_is_refused()
    {
        var report = PackageInspector.Inspect([Compiled.Entry("readme.md", "hello")], "", Host);
        AssertProblem(report, Reason.PackageInvalid, "", "dotnet publish");
    }

    [Fact]
    public void Of_two_assemblies_the_one_that_was_published_is_meant()
    {
        var other = Compiled.Assembly("public class C : IHttpFunction { public Task HandleAsync(HttpContext context) => null!; }", name: "Other");
        var dependencies = """{"runtimeTarget":{"name":".NETCoreApp,Version=v10.0"},"targets":{".NETCoreApp,Version=v10.0":{}},"libraries":{}}""";
        var both = Compiled.Package(Http).Append(Compiled.Entry("Other.dll", other)).ToList();
        AssertProblem(PackageInspector.Inspect(both, "", Host), Reason.EntryPointAmbiguous, "", "name the entry point");
        Assert.Equal("Other::C", PackageInspector.Inspect([.. both, Compiled.Entry("Other.deps.json", dependencies)], "", Host).EntryPoint!.ToString());
    }

    [Fact]
    public void Links_are_not_followed_out_of_a_folder()
    {
        var folder = Directory.CreateTempSubdirectory("pkg");
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "passwd"), "/etc/passwd");
            var refused = Assert.Throws<PackageException>(() => PackageFolder.Read(folder.FullName));
            Assert.Equal((Reason.PackageInvalid, "passwd"), (refused.Problem.Reason, refused.Problem.File));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void AssertProblem(PackageReport report, Reason reason, string file, string says)
    {
        var problem = report.Problems[0];
        Assert.Equal((reason, file), (problem.Reason, problem.File));
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }
}
