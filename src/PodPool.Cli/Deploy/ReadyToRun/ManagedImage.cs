using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PodPool.Cli.Deploy.ReadyToRun;

/// <summary>What kind of file a .dll is, as far as compiling it goes.</summary>
internal enum ManagedImage
{
    /// <summary>Native, or no image at all.</summary>
    None,

    /// <summary>IL with code in it.</summary>
    Il,

    /// <summary>IL without any method, such as resources.</summary>
    Empty,

    /// <summary>Has native code beside its IL.</summary>
    ReadyToRun,

    /// <summary>Mixes IL with code of a C++ compiler.</summary>
    Mixed,
}

/// <summary>Reads images.</summary>
internal static class ManagedImages
{
    public static ManagedImage KindOf(string file)
    {
        if (!Path.GetExtension(file).Equals(".dll", StringComparison.OrdinalIgnoreCase))
        {
            return ManagedImage.None;
        }

        try
        {
            using var image = new PEReader(File.OpenRead(file));
            if (!image.HasMetadata || image.PEHeaders.CorHeader is not { } header)
            {
                return ManagedImage.None;
            }

            return header.ManagedNativeHeaderDirectory.Size > 0 ? ManagedImage.ReadyToRun
                : !header.Flags.HasFlag(CorFlags.ILOnly) ? ManagedImage.Mixed
                : HasCode(image.GetMetadataReader()) ? ManagedImage.Il : ManagedImage.Empty;
        }
        catch (BadImageFormatException)
        {
            return ManagedImage.None;
        }
    }

    /// <summary>The simple names of the assemblies that an assembly references.</summary>
    public static IReadOnlyList<string> ReferencesOf(string file)
    {
        try
        {
            using var image = new PEReader(File.OpenRead(file));
            if (!image.HasMetadata)
            {
                return [];
            }

            var metadata = image.GetMetadataReader();
            return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
        }
        catch (BadImageFormatException)
        {
            return [];
        }
    }

    private static bool HasCode(MetadataReader metadata)
        => metadata.MethodDefinitions.Any(handle => metadata.GetMethodDefinition(handle).RelativeVirtualAddress != 0);
}
