using System.Runtime.InteropServices;

namespace PodPool.Runtime.Rehearsing;

/// <summary>The C library's heap.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives free memory back to the system, where the C library can (glibc).</summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library))
        {
            if (NativeLibrary.TryGetExport(library, "malloc_trim", out _))
            {
                _ = MallocTrim(0);
            }

            NativeLibrary.Free(library);
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
