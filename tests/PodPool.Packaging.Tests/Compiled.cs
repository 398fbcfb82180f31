using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace PodPool.Packaging.Tests;

/// <summary>Assemblies, compiled here.</summary>
internal static class Compiled
{
    private const string Usings = """
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using Microsoft.AspNetCore.Http;
        using PodPool.Functions;

        """;

    private static readonly ImmutableArray<MetadataReference> Host = [..
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && (!file.StartsWith("PodPool.", StringComparison.Ordinal) || file == "PodPool.Functions.dll"))
            .Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>An assembly.</summary>
    /// <param name="source">Its code; the usual namespaces are in use.</param>
    /// <param name="name">Its name.</param>
    /// <param name="framework">Its target framework; null: it does not say.</param>
    /// <param name="version">Its version.</param>
    /// <param name="platform">Its processor.</param>
    /// <param name="kind">Library or program.</param>
    /// <param name="references">What else it is compiled against.</param>
    public static byte[] Assembly(
        string source, string name = "Fn", string? framework = ".NETCoreApp,Version=v10.0", string version = "1.0.0.0",
        Platform platform = Platform.AnyCpu, OutputKind kind = OutputKind.DynamicallyLinkedLibrary, params IEnumerable<byte[]> references)
    {
        var attributes = (framework is null ? "" : $"[assembly: System.Runtime.Versioning.TargetFramework(\"{framework}\")]")
            + $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]";
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Usings + source), CSharpSyntaxTree.ParseText(attributes)],
            Host.AddRange(references.Select(bytes => MetadataReference.CreateFromImage(bytes))),
            new CSharpCompilationOptions(kind, platform: platform, allowUnsafe: true));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return stream.ToArray();
    }

    /// <summary>A package with one assembly, Fn.dll.</summary>
    public static IReadOnlyList<PackageEntry> Package(string source) => [Entry("Fn.dll", Assembly(source))];

    public static PackageEntry Entry(string path, byte[] bytes) => new(path, bytes.Length, () => new MemoryStream(bytes, writable: false));

    public static PackageEntry Entry(string path, string text) => Entry(path, Encoding.UTF8.GetBytes(text));
}
