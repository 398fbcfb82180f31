using System.Reflection;

namespace PodPool.Cli.Tests;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>A sample's project.</summary>
    public static string Sample(string name) => Path.Combine(Root, "src", "samples", name);

    /// <summary>A sample as <c>dotnet publish</c> leaves it; the build of these tests published it.</summary>
    public static string PublishedSample(string name) => Path.Combine(AppContext.BaseDirectory, "samples", name);
}
