using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using PodPool.Contracts;

namespace PodPool.Manager.Processes;

/// <summary>What the system knows of processes.</summary>
internal static class ProcessTable
{
    /// <summary>When a process started, on a clock that nobody sets; process ids are used again, this is not.</summary>
    /// <returns>Null: there is no such process, or nothing of it but its exit code.</returns>
    public static long? StartOf(int process) => OperatingSystem.IsLinux() ? LinuxStartOf(process) : AnyStartOf(process);

    /// <summary>Generic pods whose loader listens below a folder, by the environment they were started with.</summary>
    /// <returns>Nothing where the system does not tell.</returns>
    public static IEnumerable<(int Process, string Pod)> PodsBelow(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && PodIn(ReadText(Path.Combine(path, "environ")), folder) is { } pod)
            {
                yield return (process, pod);
            }
        }
    }

    /// <summary>Memory of a process that the system could not take back: its own, and what it holds in memory-backed files that it maps.</summary>
    /// <returns>Bytes; null: no such process, or the system does not tell.</returns>
    public static long? MemoryOf(int process)
    {
        if (!OperatingSystem.IsLinux() || ReadText($"/proc/{process}/status") is not { } status)
        {
            return null;
        }

        return KilobytesAfter(status, "RssAnon:") + KilobytesAfter(status, "RssShmem:");
    }

    private static long? LinuxStartOf(int process)
    {
        if (ReadText($"/proc/{process}/stat") is not { } stat)
        {
            return null;
        }

        // The second field is the program's name in brackets, and may hold anything; state is the 3rd field, starttime the 22nd (proc_pid_stat(5)).
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    private static long? AnyStartOf(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.HasExited ? null : found.StartTime.ToFileTimeUtc();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private static string? PodIn(string? environment, string folder)
    {
        var variables = environment?.Split('\0');
        var address = $"{PodEnvironment.LoaderAddress}=unix:{folder}/";
        return variables?.Any(variable => variable.StartsWith(address, StringComparison.Ordinal)) == true
            ? variables.FirstOrDefault(variable => variable.StartsWith(PodEnvironment.PodId + "=", StringComparison.Ordinal))?[(PodEnvironment.PodId.Length + 1)..]
            : null;
    }

    private static long? KilobytesAfter(string status, string label)
    {
        var at = status.IndexOf(label, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var end = status.IndexOf("kB", at, StringComparison.Ordinal);
        return long.Parse(status.AsSpan(at + label.Length, end - at - label.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture) << 10;
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
