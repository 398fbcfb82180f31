using System.Text;

namespace PodPool.Simulation.Tests;

/// <summary>A file of some text, as long as the test lasts.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("podpool-trace-").FullName;

    public TemporaryFile(string text, Encoding? encoding = null)
    {
        Path = System.IO.Path.Combine(_folder, "trace.csv");
        File.WriteAllText(Path, text, encoding ?? new UTF8Encoding(false));
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
