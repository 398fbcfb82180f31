using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Tests.Pods;

/// <summary>A package, compiled here from source.</summary>
internal sealed class TestPackage
{
    private static readonly string[] Platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    private static readonly string Usings = string.Join('\n', new[]
    {
        "System", "System.Collections.Generic", "System.Globalization", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging", "CloudNative.CloudEvents", "PodPool.Functions",
    }.Select(name => $"global using {name};"));

    private readonly List<(string Path, byte[] Bytes)> _files = [];

    public IReadOnlyList<(string Path, byte[] Bytes)> Files => _files;

    /// <summary>A package of one assembly, "Function", with these types in the namespace "Sample".</summary>
    public static TestPackage Of(string types) => new TestPackage().With("Function.dll", Compile("Function", $"namespace Sample;\n{types}"));

    /// <summary>A package of one program, "App".</summary>
    public static TestPackage Program(string program) => new TestPackage().With("App.dll", Compile("App", program, OutputKind.ConsoleApplication));

    public static byte[] Compile(string name, string source, OutputKind kind = OutputKind.DynamicallyLinkedLibrary, params byte[][] references)
        => Compile(name, source, kind, [], references);

    public static byte[] Compile(string name, string source, OutputKind kind, IEnumerable<ResourceDescription> resources, params byte[][] references)
    {
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Usings, encoding: Encoding.UTF8), CSharpSyntaxTree.ParseText(source, encoding: Encoding.UTF8)],
            [.. Platform.Where(path => !Path.GetFileName(path).StartsWith("xunit", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path)), .. references.Select(bytes => MetadataReference.CreateFromImage(bytes))],
            new CSharpCompilationOptions(kind, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly, manifestResources: resources);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return assembly.ToArray();
    }

    public TestPackage With(string path, byte[] bytes)
    {
        _files.Add((path, bytes));
        return this;
    }

    public TestPackage With(string path, string text) => With(path, Encoding.UTF8.GetBytes(text));

    /// <summary>With an assembly of the test's own output.</summary>
    public TestPackage WithOwn(string assembly) => With(assembly, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, assembly)));

    public TestClaim Claim(PodProcess pod, string entryPoint, Action<Manifest>? change = null)
    {
        var manifest = new Manifest
        {
            Namespace = "tests", Function = "sample", Revision = "r1", EntryPoint = entryPoint, Concurrency = 10,
            Files =
            {
                _files.Select(file => new PackageFile { Path = file.Path, Size = file.Bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(file.Bytes)) }),
            },
        };
        change?.Invoke(manifest);
        return new(manifest, [.. _files.Select(file => file.Bytes)], pod.Id, pod.Key);
    }
}
