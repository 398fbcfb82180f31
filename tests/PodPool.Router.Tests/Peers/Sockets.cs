using PodPool.Contracts.Wire;

namespace PodPool.Router.Tests.Peers;

/// <summary>A folder of Unix sockets for one test.</summary>
internal sealed class Sockets : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-router-");
    private int _count;

    /// <summary>An address at which nothing listens yet.</summary>
    public string Next() => PodAddress.OfSocket(Path.Combine(_folder.FullName, $"{Interlocked.Increment(ref _count)}.sock"));

    public void Dispose() => _folder.Delete(recursive: true);
}
