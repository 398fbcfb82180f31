using System.Reflection;
using System.Runtime.Loader;

namespace PodPool.Loading.Benchmarks;

/// <summary>
/// What a pod does to load a package, reduced to what the matrix varies: the host's assemblies come from the host, all others
/// from the package, by path or by stream.
/// </summary>
internal sealed class FunctionLoadContext(string entryAssembly, LoadSource source, ContextKind kind)
    : AssemblyLoadContext(Path.GetFileNameWithoutExtension(entryAssembly), isCollectible: kind is ContextKind.Collectible)
{
    // What both sides must see as one and the same type.
    private static readonly string[] SharedWithHost = ["PodPool.Functions", "CloudNative.CloudEvents"];

    private readonly AssemblyDependencyResolver _resolver = new(entryAssembly);

    public Assembly LoadEntryAssembly() => LoadFile(entryAssembly);

    protected override Assembly? Load(AssemblyName assemblyName)
        => !SharedWithHost.Contains(assemblyName.Name) && _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFile(path) : null;

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private Assembly LoadFile(string path)
    {
        if (source is LoadSource.Path)
        {
            return LoadFromAssemblyPath(path);
        }

        using var stream = File.OpenRead(path);
        return LoadFromStream(stream);
    }
}
