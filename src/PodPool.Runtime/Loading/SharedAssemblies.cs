using System.Collections.Frozen;

namespace PodPool.Runtime.Loading;

/// <summary>Which assemblies a function gets from the host, and which of the host's it must never see.</summary>
internal static class SharedAssemblies
{
    private static readonly FrozenSet<string> FromHostFolder = new[] { "PodPool.Functions", "CloudNative.CloudEvents" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly (FrozenSet<string> Shared, FrozenSet<string> Private) Sets = Divide();

    /// <summary>The shared frameworks, PodPool.Functions and what its surface is made of: one copy, the host's.</summary>
    public static bool IsShared(string name) => Sets.Shared.Contains(name);

    /// <summary>The host's own business (gRPC, Protobuf, this assembly): a function that needs one brings its own.</summary>
    public static bool IsPrivate(string name) => Sets.Private.Contains(name);

    private static (FrozenSet<string> Shared, FrozenSet<string> Private) Divide()
    {
        var hostFolder = Path.GetDirectoryName(typeof(SharedAssemblies).Assembly.Location);
        var all = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .ToLookup(path => Path.GetDirectoryName(path) == hostFolder && !FromHostFolder.Contains(Path.GetFileNameWithoutExtension(path)));
        return (Names(all[false]), Names(all[true]));

        static FrozenSet<string> Names(IEnumerable<string> paths)
            => paths.Select(path => Path.GetFileNameWithoutExtension(path)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }
}
