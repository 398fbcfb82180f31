namespace PodPool.Manager.Tests.Peers;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ppm").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
