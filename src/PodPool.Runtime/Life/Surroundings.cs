using System.Reflection;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Life;

/// <summary>What a function sees of its process: environment, current folder, base folder, entry assembly.</summary>
internal sealed class Surroundings : IDisposable
{
    private const string BaseDirectory = "APP_CONTEXT_BASE_DIRECTORY";

    private readonly Dictionary<string, string?> _environment = [];
    private readonly string _currentFolder = Environment.CurrentDirectory;
    private readonly object? _baseFolder = AppContext.GetData(BaseDirectory);
    private readonly Assembly? _entryAssembly = Assembly.GetEntryAssembly();

    private Surroundings(Manifest manifest, string folder)
    {
        foreach (var (name, value) in manifest.Environment)
        {
            _environment[name] = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, value);
        }

        if (manifest.Environment.ContainsKey("TZ"))
        {
            TimeZoneInfo.ClearCachedData();
        }

        // With the separator at its end, as the runtime gives it.
        AppContext.SetData(BaseDirectory, folder + Path.DirectorySeparatorChar);
        Environment.CurrentDirectory = folder;
    }

    /// <summary>Puts them in place, before any code of the function runs.</summary>
    public static Surroundings Of(Manifest manifest, string folder) => new(manifest, folder);

    public static void SetEntryAssembly(Assembly assembly) => Assembly.SetEntryAssembly(assembly);

    /// <summary>As they were: after the rehearsal.</summary>
    public void Dispose()
    {
        foreach (var (name, value) in _environment)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        AppContext.SetData(BaseDirectory, _baseFolder);
        Environment.CurrentDirectory = _currentFolder;
        Assembly.SetEntryAssembly(_entryAssembly);
    }
}
