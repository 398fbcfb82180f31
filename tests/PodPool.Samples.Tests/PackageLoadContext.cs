using System.Reflection;
using System.Runtime.Loader;
using PodPool.Functions;

namespace PodPool.Samples.Tests;

/// <summary>Loads a package's files beside those that the tests reference, so that nothing of it has run before.</summary>
internal sealed class PackageLoadContext(string entryAssembly) : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _resolver = new(entryAssembly);

    public IHttpFunction LoadFunction()
        => (IHttpFunction)Activator.CreateInstance(LoadFromAssemblyPath(entryAssembly).GetExportedTypes().Single(type => type.IsAssignableTo(typeof(IHttpFunction))))!;

    protected override Assembly? Load(AssemblyName assemblyName)
        => assemblyName.Name == "PodPool.Functions" ? null
            : _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
