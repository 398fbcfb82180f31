using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text.Json;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loading;

/// <summary>
/// The one context of a function's assemblies. Not collectible, and always by path: a collectible context, or an assembly
/// loaded from bytes, does without its precompiled code.
/// </summary>
internal sealed class FunctionLoadContext : AssemblyLoadContext
{
    private static FunctionLoadContext? s_current;

    private readonly Package _package;
    private readonly string _entryAssembly;
    private readonly Lazy<DependencyFile?> _dependencies;

    static FunctionLoadContext()
    {
        // The framework's own code loads by name in the default context: MVC's application parts, type names in configuration.
        Default.Resolving += static (_, name) => Volatile.Read(ref s_current)?.LoadFromPackage(name);
    }

    public FunctionLoadContext(Package package, string entryAssembly)
        : base("function", isCollectible: false)
    {
        _package = package;
        _entryAssembly = entryAssembly;
        _dependencies = new(ReadDependencies);
        Volatile.Write(ref s_current, this);
    }

    /// <summary>The assembly that holds the entry point.</summary>
    /// <exception cref="RefusalException">ENTRY_POINT_NOT_FOUND or ASSEMBLY_INVALID.</exception>
    public Assembly LoadEntryAssembly()
    {
        var file = _entryAssembly + ".dll";
        if (!_package.Has(file))
        {
            throw new RefusalException(
                Reason.EntryPointNotFound,
                $"the package has no assembly '{file}' at its top; it has {_package.Assemblies()}. Name the entry point's assembly without '.dll'",
                ("file", file));
        }

        return LoadFromAssemblyPath(_package.FullPath(file));
    }

    /// <summary>Loads assemblies of the package ahead of their use; what cannot be loaded is left for its use to say so.</summary>
    public void Preload(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            try
            {
                if (_package.Has(AssemblyPath(name)))
                {
                    LoadFromAssemblyPath(_package.FullPath(AssemblyPath(name)));
                }
            }
            catch (Exception exception) when (exception is IOException or BadImageFormatException)
            {
                // Whoever needs it gets the error.
            }
        }
    }

    /// <summary>For the rehearsal, whose functions are not the pod's.</summary>
    public void Forget() => Interlocked.CompareExchange(ref s_current, null, this);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (SharedAssemblies.IsShared(name))
        {
            return null;
        }

        var found = LoadFromPackage(assemblyName);
        return found is null && SharedAssemblies.IsPrivate(name)
            ? throw new FileNotFoundException($"'{name}.dll' is not in the package; the host's copy is not for functions", assemblyName.FullName)
            : found;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (var file in NativeNames(unmanagedDllName))
        {
            var path = _package.HasPlatformFiles ? _dependencies.Value?.Native(file) ?? PlatformFile(file) : null;
            path = path is not null && _package.Has(path) ? path : _package.Has(file) ? file : null;
            if (path is not null)
            {
                return LoadUnmanagedDllFromPath(_package.FullPath(path));
            }
        }

        return 0;
    }

    private Assembly? LoadFromPackage(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        var path = assemblyName.CultureName is { Length: > 0 } culture ? $"{culture}/{name}.dll" : AssemblyPath(name);
        return _package.Has(path) ? LoadFromAssemblyPath(_package.FullPath(path)) : null;
    }

    /// <summary>Publish puts everything at the top, except what is for some platforms only: no need to read a file to know it.</summary>
    private string AssemblyPath(string name)
    {
        var top = name + ".dll";
        return !_package.HasPlatformFiles && _package.Has(top) ? top : _dependencies.Value?.Assembly(name) is { } path && _package.Has(path) ? path : top;
    }

    private string? PlatformFile(string file)
    {
        foreach (var platform in DependencyFile.Platforms(RuntimeInformation.RuntimeIdentifier))
        {
            var path = $"runtimes/{platform}/native/{file}";
            if (_package.Has(path))
            {
                return path;
            }
        }

        return null;
    }

    private static IEnumerable<string> NativeNames(string name)
    {
        var (prefix, suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : OperatingSystem.IsMacOS() ? ("lib", ".dylib") : ("lib", ".so");
        if (name.EndsWith(suffix, StringComparison.Ordinal) || name.Contains(suffix + ".", StringComparison.Ordinal))
        {
            return [name, prefix + name];
        }

        return [prefix + name + suffix, name + suffix, name, prefix + name];
    }

    private DependencyFile? ReadDependencies()
    {
        var file = _entryAssembly + ".deps.json";
        if (!_package.Has(file))
        {
            return null;
        }

        try
        {
            return DependencyFile.Read(File.ReadAllBytes(_package.FullPath(file)), RuntimeInformation.RuntimeIdentifier);
        }
        catch (JsonException exception)
        {
            throw new RefusalException(
                Reason.PackageInvalid, $"'{file}' cannot be read: {exception.Message} Publish the project again", exception, ("file", file));
        }
    }
}
