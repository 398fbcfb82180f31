using System.Globalization;

namespace PodPool.Cli.Tests.Platform;

internal static class ProcessMemory
{
    /// <summary>Bytes of a process's resident memory that are in no file.</summary>
    public static long AnonymousBytes(int process)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).Single(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
