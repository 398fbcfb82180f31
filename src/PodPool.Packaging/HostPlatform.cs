using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;

namespace PodPool.Packaging;

/// <summary>What the pods that will load a package have: the runtime, the machine, and the assemblies that come from the host.</summary>
public sealed class HostPlatform
{
    private readonly FrozenDictionary<string, string> _shared;
    private readonly ConcurrentDictionary<string, Version?> _versions = new(StringComparer.OrdinalIgnoreCase);

    private HostPlatform(Version runtime, Architecture architecture, string system, IEnumerable<KeyValuePair<string, string>> shared)
    {
        Runtime = runtime;
        Architecture = architecture;
        System = system;
        _shared = shared.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Assemblies that the host shares besides the shared frameworks: types of theirs pass between the host and the function.</summary>
    public static IReadOnlyList<string> HostAssemblies { get; } = ["PodPool.Functions", "CloudNative.CloudEvents"];

    /// <summary>The shared frameworks of a pod.</summary>
    public static IReadOnlyList<string> Frameworks { get; } = ["Microsoft.NETCore.App", "Microsoft.AspNetCore.App"];

    /// <summary>The .NET version, e.g. 10.0.12.</summary>
    public Version Runtime { get; }

    /// <summary>The processor.</summary>
    public Architecture Architecture { get; }

    /// <summary>The operating system as runtime identifiers spell it: <c>linux</c>, <c>osx</c> or <c>win</c>.</summary>
    public string System { get; }

    /// <summary>The runtime identifier, e.g. <c>linux-x64</c>.</summary>
    public string RuntimeIdentifier => $"{System}-{Architecture.ToString().ToLowerInvariant()}";

    /// <summary>This machine, with the runtime that runs this very code: what pods that are started here have.</summary>
    /// <param name="hostFolder">Where the pod's executable and the assemblies it shares are; null: beside this program.</param>
    public static HostPlatform Current(string? hostFolder = null)
    {
        var folders = new[] { typeof(object), typeof(HttpContext) }.Select(type => Path.GetDirectoryName(type.Assembly.Location)!).Distinct();
        var shared = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.dll")))
        {
            shared.TryAdd(Path.GetFileNameWithoutExtension(file), file);
        }

        foreach (var name in HostAssemblies)
        {
            shared.TryAdd(name, Path.Combine(hostFolder ?? AppContext.BaseDirectory, name + ".dll"));
        }

        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return new(Environment.Version, RuntimeInformation.ProcessArchitecture, system, shared);
    }

    /// <summary>Whether an assembly comes from the host, whatever the package brings.</summary>
    public bool Shares(string assembly) => _shared.ContainsKey(assembly);

    /// <summary>The host's version of an assembly it shares; null: it cannot be told.</summary>
    public Version? VersionOf(string assembly) => _versions.GetOrAdd(assembly, ReadVersion);

    private Version? ReadVersion(string assembly)
    {
        if (!_shared.TryGetValue(assembly, out var path) || !File.Exists(path))
        {
            return null;
        }

        try
        {
            return AssemblyName.GetAssemblyName(path).Version;
        }
        catch (BadImageFormatException)
        {
            // A native library of the shared framework.
            return null;
        }
    }
}
