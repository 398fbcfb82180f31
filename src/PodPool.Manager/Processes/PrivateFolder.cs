using System.Security.Cryptography;
using System.Text;
using PodPool.Contracts.Wire;

namespace PodPool.Manager.Processes;

/// <summary>Short-lived folders that belong to one state folder and to nobody else on the machine.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where sockets are: a Unix socket's whole path has room for 107 bytes, and a state folder may be anywhere.</summary>
    /// <exception cref="IOException">Somebody else has a folder of that name.</exception>
    public static string ForSockets(string stateFolder) => Create(SocketsPathFor(stateFolder));

    /// <summary>Where sockets are, or would be.</summary>
    public static string SocketsPathFor(string stateFolder)
    {
        var session = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var parent = session is { Length: > 0 and < 60 } && Directory.Exists(session) ? session : Path.GetTempPath();
        return Path.Combine(parent, NameFor(stateFolder));
    }

    /// <summary>An empty folder for the rehearsal; it removes it.</summary>
    /// <exception cref="IOException">Somebody else has a folder of that name.</exception>
    public static string ForRehearsal(string stateFolder)
    {
        var path = Create(SocketsPathFor(stateFolder) + "-rehearsal");

        // A manager that was killed while it rehearsed left what it had.
        Directory.Delete(path, recursive: true);
        return Create(path);
    }

    /// <summary>Where package files are: in memory where the system has such a place, else beside the sockets.</summary>
    /// <exception cref="IOException">Somebody else has a folder of that name.</exception>
    public static string ForFiles(string stateFolder)
    {
        const string Memory = "/dev/shm";
        return Directory.Exists(Memory)
            ? Create(Path.Combine(Memory, NameFor(stateFolder)))
            : Create(Path.Combine(ForSockets(stateFolder), "files"));
    }

    /// <summary>Where the temporary files of pods are.</summary>
    /// <param name="stateFolder">Whose.</param>
    /// <param name="below">Where in it one pod's are.</param>
    /// <returns>Null: the sockets that every .NET process makes in its temporary folder would have too long a path there.</returns>
    /// <exception cref="IOException">Somebody else has a folder of that name.</exception>
    public static string? ForTemporaryFiles(string stateFolder, string below)
    {
        // dotnet-diagnostic-<process>-<when it started, in hundredths of a second>-socket (dotnet/diagnostics, ipc-protocol.md).
        const int LongestSocketName = 46;
        var path = Path.Combine(Path.GetTempPath(), NameFor(stateFolder));
        return Encoding.UTF8.GetByteCount(Path.Combine(path, below)) + 1 + LongestSocketName <= PodAddress.LongestSocketPath ? Create(path) : null;
    }

    /// <summary>A folder that only its owner may enter.</summary>
    /// <exception cref="IOException">It is there, but is a link or somebody else's.</exception>
    public static string Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Directory.CreateDirectory(path).FullName;
        }

        var folder = Directory.CreateDirectory(path, OwnerOnly);
        if (folder.LinkTarget is not null)
        {
            throw new IOException($"'{path}' is a link; a folder that others can point elsewhere is not used: remove it");
        }

        try
        {
            // Only its owner may do this, so it tells whether it is ours.
            folder.UnixFileMode = OwnerOnly;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"'{path}' belongs to somebody else: remove it, or set XDG_RUNTIME_DIR to a folder of yours", exception);
        }

        return folder.FullName;
    }

    /// <summary>What the folders of a state folder are named.</summary>
    public static string NameFor(string stateFolder)
        => "podpool-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(stateFolder))))[..12];
}
