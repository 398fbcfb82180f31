using System.Security.Cryptography;
using System.Text;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;

namespace PodPool.Cli.Deploy.ReadyToRun;

/// <summary>Compiled assemblies by what they were made from. Anybody's two processes may use it at once: files come whole.</summary>
internal sealed class CompilationCache(Terminal terminal)
{
    /// <summary>Bytes kept; what was not used for longest goes first.</summary>
    private const long Capacity = 1L << 30;

    private readonly string _folder = Path.Combine(UserFolders.Cache(terminal.Environment), "readytorun");

    /// <summary>Names what an assembly is compiled to: its bytes, the compiler and how it is told to compile.</summary>
    public static string Key(string assembly, string compilation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenRead(assembly);
        hash.AppendData(SHA256.HashData(file));
        hash.AppendData(Encoding.UTF8.GetBytes(compilation));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public string PathOf(string key) => Path.Combine(_folder, key[..2], key + ".dll");

    public bool TryUse(string key)
    {
        var file = new FileInfo(PathOf(key));
        if (file.Exists)
        {
            file.LastAccessTimeUtc = terminal.Time.GetUtcNow().UtcDateTime;
        }

        return file.Exists;
    }

    public void Add(string key, string compiled)
    {
        var path = PathOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = path + "." + Guid.NewGuid().ToString("n");
        File.Copy(compiled, beside);
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Makes room.</summary>
    public void Trim()
    {
        var files = new DirectoryInfo(_folder).EnumerateFiles("*.dll", SearchOption.AllDirectories).OrderByDescending(file => file.LastAccessTimeUtc);
        long total = 0;
        foreach (var file in files)
        {
            total += file.Length;
            if (total > Capacity)
            {
                file.Delete();
            }
        }
    }
}
