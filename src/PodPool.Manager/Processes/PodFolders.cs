using PodPool.Contracts.Wire;
using PodPool.Core;

namespace PodPool.Manager.Processes;

/// <summary>Where one pod's things are; nobody but its owner may enter any of them.</summary>
/// <param name="Sockets">Its sockets, and its working folder.</param>
/// <param name="Files">The files of its package.</param>
/// <param name="Temporary">Its temporary folder; null: a path there would be too long for the sockets that a .NET process makes in it.</param>
internal sealed record PodFolder(string Sockets, string Files, string? Temporary);

/// <summary>The folders of one manager's pods. A pod's are there before it starts, and go with it, however it ended.</summary>
internal sealed partial class PodFolders(string stateFolder, ILogger logger)
{
    private readonly string _files = PrivateFolder.ForFiles(stateFolder);
    private readonly string? _temporary = PrivateFolder.ForTemporaryFiles(stateFolder, below: Path.Combine(new string('x', NameLength), TemporaryName));

    private const int NameLength = 17;
    private const string TemporaryName = "t";

    /// <summary>All sockets are below it.</summary>
    public string Sockets { get; } = PrivateFolder.ForSockets(stateFolder);

    private IEnumerable<string> Roots => _temporary is null ? [Sockets, _files] : new HashSet<string> { Sockets, _files, _temporary };

    /// <summary>Makes a pod's folders.</summary>
    /// <exception cref="IOException">They cannot be made, or are somebody else's.</exception>
    public PodFolder Create(PodId pod)
    {
        var name = ShortNameOf(pod);
        return new(
            PrivateFolder.Create(Path.Combine(Sockets, name)),
            PrivateFolder.Create(Path.Combine(_files, name)),
            _temporary is null ? null : PrivateFolder.Create(Path.Combine(PrivateFolder.Create(Path.Combine(_temporary, name)), TemporaryName)));
    }

    public string LoaderAddressOf(PodId pod) => AddressOf(pod, "loader");

    public string FunctionAddressOf(PodId pod) => AddressOf(pod, "function");

    /// <summary>Removes a pod's folders, whatever its function left there. What cannot be removed is removed by the next manager's start.</summary>
    public void Remove(PodId pod)
    {
        foreach (var root in Roots)
        {
            Remove(Path.Combine(root, ShortNameOf(pod)));
        }
    }

    /// <summary>Removes the folders of pods that are not there.</summary>
    public void RemoveAllBut(IEnumerable<PodId> pods)
    {
        var known = pods.Select(ShortNameOf).ToHashSet();
        foreach (var path in Roots.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Except(Roots).Where(path => !known.Contains(Path.GetFileName(path))).ToList())
        {
            Remove(path);
        }
    }

    /// <summary>Nothing is left where no pod is.</summary>
    public void RemoveEmpty()
    {
        // The deeper first: one may be in another.
        foreach (var root in Roots.OrderByDescending(root => root.Length).Where(Directory.Exists))
        {
            try
            {
                Directory.Delete(root);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It is not empty: pods were kept, or what they left could not be removed, which was said then.
            }
        }
    }

    /// <summary>The random part of the name: a socket's path has little room.</summary>
    private static string ShortNameOf(PodId pod) => pod.Value[(pod.Value.LastIndexOf('-') + 1)..];

    private string AddressOf(PodId pod, string socket) => PodAddress.OfSocket(Path.Combine(Sockets, ShortNameOf(pod), socket));

    private void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, exception, path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The folder {Folder} of a pod that is gone could not be removed", EventName = "NotRemoved")]
        public static partial void NotRemoved(ILogger logger, Exception exception, string folder);
    }
}
