using System.Diagnostics;
using System.Globalization;
using PodPool.Contracts;

namespace PodPool.Manager.Processes;

/// <summary>How the generic pod's program is started.</summary>
internal sealed class RuntimeProgram
{
    // The runtime allocates natively on whichever thread loads something. With an arena of the C library's for each thread that memory is new for almost
    // every thread, also after the rehearsal, and an idle pod holds some of each: src/PodPool.Runtime/README.md.
    private const string ArenaMax = "MALLOC_ARENA_MAX";

    // What a pod may know of the surroundings of its manager: where things are, and how to speak; no secret of the manager's.
    private static readonly string[] Inherited =
        ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", ArenaMax, "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

    private static readonly string[] InheritedPrefixes = ["LC_", "DOTNET_", "OTEL_"];

    private readonly string[] _command;

    private RuntimeProgram(string[] command) => _command = command;

    /// <summary>Finds the program.</summary>
    /// <exception cref="ManagerOptionsException">The folder holds none.</exception>
    public static RuntimeProgram Find(string folder)
    {
        var program = Path.Combine(folder, "PodPool.Runtime");
        if (File.Exists(program))
        {
            return new([program]);
        }

        if (File.Exists(program + ".dll"))
        {
            return new([Path.Combine(DotNetRoot() ?? "", "dotnet"), program + ".dll"]);
        }

        throw new ManagerOptionsException($"the runtime folder '{folder}' holds no program 'PodPool.Runtime': publish src/PodPool.Runtime, and name the folder it is published to");
    }

    /// <summary>
    /// A start through the shell, which opens the log and becomes the program: so the pod writes straight to a file, and goes on
    /// to when the manager dies.
    /// </summary>
    public ProcessStartInfo StartInfo(string log, PodFolder folder, long memoryBytes, IEnumerable<KeyValuePair<string, string>> variables)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder.Sockets, UseShellExecute = false };
        string[] arguments = ["-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", log, .. _command];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(name => !Inherited.Contains(name) && !InheritedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            start.Environment.Remove(name);
        }

        if (DotNetRoot() is { } root)
        {
            start.Environment.TryAdd("DOTNET_ROOT", root);
        }

        start.Environment.TryAdd(ArenaMax, "1");
        if (folder.Temporary is { } temporary)
        {
            start.Environment["TMPDIR"] = temporary;
        }

        if (memoryBytes > 0)
        {
            // Three quarters for the heap: the rest is for code, stacks and package files. Hexadecimal, as all of these are.
            start.Environment["DOTNET_GCHeapHardLimit"] = (memoryBytes / 4 * 3).ToString("X", CultureInfo.InvariantCulture);
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>Where the .NET that runs this program is; null: it is none that others can be run with.</summary>
    private static string? DotNetRoot()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        return Directory.Exists(Path.Combine(root, "host", "fxr")) ? root : null;
    }
}
