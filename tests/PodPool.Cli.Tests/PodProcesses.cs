using System.Diagnostics;
using System.Globalization;

namespace PodPool.Cli.Tests;

/// <summary>Pods as the system sees them, whoever is their parent now.</summary>
internal static class PodProcesses
{
    /// <summary>The ids of the pods whose files or sockets are in a folder.</summary>
    public static IReadOnlyList<int> In(string folder)
    {
        List<int> found = [];
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "cmdline")).Contains("PodPool.Runtime", StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(process, "environ")).Contains(folder, StringComparison.Ordinal))
                {
                    found.Add(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or somebody else's.
            }
        }

        return found;
    }

    /// <summary>Ends those that a test left.</summary>
    public static void KillIn(string folder)
    {
        foreach (var pod in In(folder))
        {
            using var process = Process.GetProcessById(pod);
            process.Kill();
        }
    }
}
