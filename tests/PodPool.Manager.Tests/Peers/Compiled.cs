using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Tests.Peers;

/// <summary>Packages of one assembly, compiled here.</summary>
internal static class Compiled
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using System.Threading;
        using System.Threading.Tasks;
        using Microsoft.AspNetCore.Http;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Configuration;
        using PodPool.Functions;
        """;

    private static readonly ImmutableArray<MetadataReference> Platform = [..
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && !file.StartsWith("PodPool.", StringComparison.Ordinal) || Path.GetFileName(path) == "PodPool.Functions.dll")
            .Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>A function that answers with a text and the process it runs in.</summary>
    public static TestPackage Hello(string text = "hello") => Function($$"""
        public sealed class Hello : IHttpFunction
        {
            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync("{{text}} " + Environment.ProcessId);
        }
        """);

    /// <summary>A package of one assembly.</summary>
    public static TestPackage Function(string source, string assembly = "Fn") => new(($"{assembly}.dll", Assembly(assembly, Usings + source)));

    /// <summary>An assembly.</summary>
    public static byte[] Assembly(
        string name, string source, string? targetFramework = ".NETCoreApp,Version=v10.0", Version? version = null,
        Microsoft.CodeAnalysis.Platform platform = Microsoft.CodeAnalysis.Platform.AnyCpu, OutputKind kind = OutputKind.DynamicallyLinkedLibrary, params IEnumerable<byte[]> references)
    {
        var attributes = (targetFramework is null ? "" : $"[assembly: System.Runtime.Versioning.TargetFramework(\"{targetFramework}\")]")
            + (version is null ? "" : $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]");
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(attributes)],
            Platform.AddRange(references.Select(bytes => MetadataReference.CreateFromImage(bytes))),
            new CSharpCompilationOptions(kind, platform: platform, optimizationLevel: OptimizationLevel.Release, deterministic: true, allowUnsafe: true));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return stream.ToArray();
    }
}

/// <summary>The files of a package.</summary>
internal sealed class TestPackage(params IEnumerable<(string Path, byte[] Bytes)> files)
{
    public IReadOnlyList<(PackageFile File, byte[] Bytes)> Files { get; } = [.. files.Select(file => (Describe(file.Path, file.Bytes), file.Bytes))];

    public TestPackage With(string path, byte[] bytes) => new([.. Files.Select(file => (file.File.Path, file.Bytes)), (path, bytes)]);

    public static PackageFile Describe(string path, byte[] bytes)
        => new() { Path = path, Size = bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)) };
}
