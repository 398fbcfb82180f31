using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace PodPool.Packaging;

/// <summary>One managed assembly, read without loading it.</summary>
internal sealed class AssemblyImage : IDisposable
{
    // ReadyToRun code is marked with the processor's machine type XOR one of these for the operating system
    // (docs/design/coreclr/botr/readytorun-format.md, "PE headers").
    private static readonly (string System, ushort Mask)[] Systems =
        [("win", 0), ("linux", 0x7B79), ("osx", 0x4644), ("freebsd", 0xADC4), ("netbsd", 0x1993), ("sunos", 0x1992)];

    private readonly PEReader _file;

    private AssemblyImage(string path, PEReader file)
    {
        Path = path;
        _file = file;
        Metadata = file.GetMetadataReader();
        Name = Metadata.GetString(Metadata.GetAssemblyDefinition().Name);
        Version = Metadata.GetAssemblyDefinition().Version;
        References = [.. Metadata.AssemblyReferences.Select(Metadata.GetAssemblyReference).Select(reference => (Metadata.GetString(reference.Name), reference.Version))];
    }

    public string Path { get; }

    public MetadataReader Metadata { get; }

    public string Name { get; }

    public Version Version { get; }

    public IReadOnlyList<(string Name, Version Version)> References { get; }

    /// <summary>Whether it has a <c>Main</c>.</summary>
    public bool IsProgram => _file.PEHeaders.CorHeader is { EntryPointTokenOrRelativeVirtualAddress: not 0 };

    /// <summary>Whether it holds native code that this kind of runtime uses.</summary>
    public bool IsReadyToRun => _file.PEHeaders.CorHeader is { ManagedNativeHeaderDirectory.Size: > 0 };

    /// <summary>The framework it was built for, e.g. <c>.NETCoreApp,Version=v10.0</c>; null: it does not say.</summary>
    public string? TargetFramework => Metadata.GetAssemblyDefinition().GetCustomAttributes()
        .Select(Metadata.GetCustomAttribute)
        .Where(attribute => Names.OfAttribute(Metadata, attribute) == "System.Runtime.Versioning.TargetFrameworkAttribute")
        .Select(attribute => attribute.DecodeValue(Names.AttributeTypes).FixedArguments[0].Value as string)
        .FirstOrDefault();

    /// <summary>Opens a file.</summary>
    /// <returns>Null: it is no managed assembly (a native library, a resource, text).</returns>
    public static AssemblyImage? TryOpen(PackageEntry entry)
    {
        PEReader? file = null;
        try
        {
            file = new PEReader(entry.Open(), PEStreamOptions.PrefetchMetadata);
            if (file.HasMetadata && file.GetMetadataReader().IsAssembly)
            {
                var image = new AssemblyImage(entry.Path, file);
                file = null;
                return image;
            }

            return null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>For which other machine this was built.</summary>
    /// <returns>Null: it runs on the host.</returns>
    public string? ForeignMachine(HostPlatform host)
    {
        var machine = (ushort)_file.PEHeaders.CoffHeader.Machine;
        var flags = _file.PEHeaders.CorHeader!.Flags;
        if (machine == (ushort)Machine.I386 && flags.HasFlag(CorFlags.ILOnly) && !flags.HasFlag(CorFlags.Requires32Bit))
        {
            return null;
        }

        foreach (var (system, mask) in Systems)
        {
            if (ProcessorOf((Machine)(machine ^ mask)) is { } processor)
            {
                // Code that is not ReadyToRun has the processor's plain machine type on every system.
                var fits = processor == host.Architecture && (system == host.System || !IsReadyToRun);
                return fits ? null : IsReadyToRun ? $"{system}-{Lower(processor)}" : Lower(processor);
            }
        }

        return $"machine type 0x{machine:X4}";
    }

    public void Dispose() => _file.Dispose();

    private static string Lower(Architecture processor) => processor.ToString().ToLowerInvariant();

    private static Architecture? ProcessorOf(Machine machine) => machine switch
    {
        Machine.Amd64 => Architecture.X64,
        Machine.Arm64 => Architecture.Arm64,
        Machine.I386 => Architecture.X86,
        Machine.ArmThumb2 => Architecture.Arm,
        Machine.LoongArch64 => Architecture.LoongArch64,
        (Machine)0x5064 => Architecture.RiscV64,
        _ => null,
    };
}
