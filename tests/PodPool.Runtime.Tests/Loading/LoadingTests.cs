using System.Resources;
using Microsoft.CodeAnalysis;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Loading;

public sealed class LoadingTests
{
    private static readonly string NativeLibrary = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libe_sqlite3.so");

    [Theory]
    [InlineData("runtimes/linux-x64/native/libe_sqlite3.so", true)]
    [InlineData("runtimes/linux-x64/native/libe_sqlite3.so", false)]
    [InlineData("libe_sqlite3.so", false)]
    public async Task Native_libraries_of_the_package_are_found(string path, bool withDependencies)
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public static class Sqlite
            {
                [System.Runtime.InteropServices.DllImport("e_sqlite3")] private static extern nint sqlite3_libversion();
                public static string Version() => System.Runtime.InteropServices.Marshal.PtrToStringUTF8(sqlite3_libversion())!;
            }
            """).With(path, await File.ReadAllBytesAsync(NativeLibrary, TestContext.Current.CancellationToken));
        if (withDependencies)
        {
            package.With("Function.deps.json", """
                {
                  "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0" },
                  "targets": { ".NETCoreApp,Version=v10.0": { "SQLitePCLRaw.lib.e_sqlite3/2.1.0": { "runtimeTargets": {
                    "runtimes/linux-x64/native/libe_sqlite3.so": { "rid": "linux-x64", "assetType": "native", "fileVersion": "0.0.0.0" },
                    "runtimes/win-x64/native/e_sqlite3.dll": { "rid": "win-x64", "assetType": "native", "fileVersion": "0.0.0.0" } } } } }
                }
                """);
        }

        await pod.SpecializeAsync(package, "Function::Sample.Sqlite::Version");

        Assert.Matches("^\"3\\.[0-9.]+\"$", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_assembly_for_this_platform_is_preferred_to_the_one_for_all()
    {
        await using var pod = await PodProcess.StartAsync();
        var everywhere = TestPackage.Compile("Where", "public static class Where { public static string Am => \"everywhere\"; }");
        var package = new TestPackage()
            .With("Function.dll", TestPackage.Compile("Function", "namespace Sample; public static class F { public static string Get() => Where.Am; }", OutputKind.DynamicallyLinkedLibrary, everywhere))
            .With("Where.dll", everywhere)
            .With("runtimes/unix/lib/net10.0/Where.dll", TestPackage.Compile("Where", "public static class Where { public static string Am => \"unix\"; }"))
            .With("runtimes/win/lib/net10.0/Where.dll", TestPackage.Compile("Where", "public static class Where { public static string Am => \"windows\"; }"))
            .With("Function.deps.json", """
                {
                  "targets": { ".NETCoreApp,Version=v10.0": { "Where/1.0.0": {
                    "runtime": { "lib/net10.0/Where.dll": {} },
                    "runtimeTargets": {
                      "runtimes/win/lib/net10.0/Where.dll": { "rid": "win", "assetType": "runtime" },
                      "runtimes/unix/lib/net10.0/Where.dll": { "rid": "unix", "assetType": "runtime" } } } } }
                }
                """);

        await pod.SpecializeAsync(package, "Function::Sample.F::Get");

        Assert.Equal("\"unix\"", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Satellite_assemblies_are_found_by_culture()
    {
        await using var pod = await PodProcess.StartAsync();
        const string Source = """
            namespace Sample;
            public static class F
            {
                private static readonly System.Resources.ResourceManager Texts = new("Function.Texts", typeof(F).Assembly);
                public static string Say(HttpContext context) => Texts.GetString("Hello", CultureInfo.GetCultureInfo(context.Request.Query["culture"]!))!;
            }
            """;
        var package = new TestPackage()
            .With("Function.dll", TestPackage.Compile("Function", Source, OutputKind.DynamicallyLinkedLibrary, [Texts("Function.Texts.resources", "hello")]))
            .With("de/Function.resources.dll", TestPackage.Compile(
                "Function.resources", "[assembly: System.Reflection.AssemblyCulture(\"de\")]", OutputKind.DynamicallyLinkedLibrary, [Texts("Function.Texts.de.resources", "hallo")]));

        await pod.SpecializeAsync(package, "Function::Sample.F::Say");

        Assert.Equal("\"hello\"", await pod.Functions.GetStringAsync("/?culture=en", TestContext.Current.CancellationToken));
        Assert.Equal("\"hallo\"", await pod.Functions.GetStringAsync("/?culture=de-AT", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_the_host_has_for_itself_is_not_for_functions()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("public class F { private readonly object _bytes = Google.Protobuf.ByteString.Empty; public string Get() => _bytes.GetType().Name; }");

        var refusal = await pod.RefusalAsync(package.Claim(pod, "Function::Sample.F::Get").Parts());

        Assert.Equal(Reason.AssemblyMissing, refusal.Reason);
        Assert.Contains("'Google.Protobuf'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("Google.Protobuf.dll", refusal.Metadata["file"]);
    }

    [Fact]
    public async Task A_package_that_brings_its_own_gets_its_own()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public static class F
            {
                public static string Get() => typeof(Google.Protobuf.ByteString).Assembly.Location + " " + System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(typeof(Google.Protobuf.ByteString).Assembly)!.Name;
            }
            """).WithOwn("Google.Protobuf.dll");

        await pod.SpecializeAsync(package, "Function::Sample.F::Get");

        Assert.Equal($"\"{pod.PackageFolder}/Google.Protobuf.dll function\"", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_the_host_shares_is_the_hosts_even_when_the_package_brings_a_copy()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public class F : IHttpFunction
            {
                public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(
                    string.Join(" ", new[] { typeof(IHttpFunction), typeof(CloudEvent), typeof(ILogger) }.Select(type => type.Assembly.Location.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal))));
            }
            """).WithOwn("PodPool.Functions.dll").WithOwn("CloudNative.CloudEvents.dll");

        await pod.SpecializeAsync(package, "Function");

        Assert.Equal("False False False", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_dependency_that_is_missing_is_named()
    {
        await using var pod = await PodProcess.StartAsync();
        var library = TestPackage.Compile("Absent", "public class Absent { public int X = 1; }");
        var package = new TestPackage().With("Function.dll", TestPackage.Compile(
            "Function", "namespace Sample; public class F { private readonly Absent _absent = new(); public int Get() => _absent.X; }", OutputKind.DynamicallyLinkedLibrary, library));

        var refusal = await pod.RefusalAsync(package.Claim(pod, "Function::Sample.F::Get").Parts());

        Assert.Equal(Reason.AssemblyMissing, refusal.Reason);
        Assert.Contains("'Absent'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("dotnet publish", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Microsoft.Extensions.Logging.Abstractions", "ILogger", "Microsoft.Extensions.Logging", Reason.SharedAssemblyTooNew)]
    [InlineData("System.Runtime", "Odd", "System", Reason.RuntimeMismatch)]
    public async Task A_package_built_against_something_newer_than_the_host_shares_is_refused(string assembly, string type, string space, Reason expected)
    {
        await using var pod = await PodProcess.StartAsync();
        var newer = TestPackage.Compile(assembly, $"[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] namespace {space}.Newer {{ public class {type} {{ }} }}");
        var package = new TestPackage().With("Function.dll", TestPackage.Compile(
            "Function", $"namespace Sample; public class F {{ private readonly {space}.Newer.{type} _newer = new(); public string Get() => _newer.ToString()!; }}", OutputKind.DynamicallyLinkedLibrary, newer));

        var refusal = await pod.RefusalAsync(package.Claim(pod, "Function::Sample.F::Get").Parts());

        Assert.Equal(expected, refusal.Reason);
        Assert.Contains(expected == Reason.RuntimeMismatch ? ".NET 99" : assembly, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_the_functions_before_its_code_runs_and_without_the_pods()
    {
        await using var pod = await PodProcess.StartAsync(environment: [("FROM_POD", "pod"), ("CHANGED", "old")]);
        var package = TestPackage.Of("""
            public class F
            {
                private readonly string _atStart = Environment.GetEnvironmentVariable("CHANGED")!;
                private static readonly string Zone = TimeZoneInfo.Local.Id;
                public string Get() => string.Join(" ", _atStart, Environment.GetEnvironmentVariable("FROM_POD"), Environment.GetEnvironmentVariable("ADDED"),
                    Environment.GetEnvironmentVariables().Keys.Cast<string>().Count(name => name.StartsWith("PODPOOL_")), Zone);
            }
            """);

        await pod.SpecializeAsync(package, "Function::Sample.F::Get", manifest =>
        {
            manifest.Environment.Add("CHANGED", "new");
            manifest.Environment.Add("ADDED", "ünïcode = yes");
            manifest.Environment.Add("TZ", "Pacific/Auckland");
        });

        var answer = await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken);
        Assert.Equal("new pod ünïcode = yes 0 Pacific/Auckland", System.Text.Json.JsonSerializer.Deserialize<string>(answer));
    }

    private static ResourceDescription Texts(string name, string hello)
    {
        using var stream = new MemoryStream();
        using (var writer = new ResourceWriter(stream))
        {
            writer.AddResource("Hello", hello);
        }

        var bytes = stream.ToArray();
        return new(name, () => new MemoryStream(bytes), isPublic: true);
    }
}
