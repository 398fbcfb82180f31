using System.Reflection;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Life;

/// <summary>What a function sees of its process: environment, current folder, base folder, entry assembly.</summary>
internal sealed class Surroundings : IDisposable
{
    private const string BaseDirectory = "APP_CONTEXT_BASE_DIRECTORY";

    private readonly Dictionary<string, string?> _environment = [];
    private readonly string _currentFolder = Environment.CurrentDirectory;
    private readonly object? _baseFolder = AppContext.GetData(BaseDirectory);
    private readonly Assembly? _entryAssembly = Assembly.GetEntryAssembly();

    private Surroundings(Manifest manifest, DaprDoor? dapr, string folder)
    {
        foreach (var (name, value) in dapr is null ? manifest.Environment : manifest.Environment.Concat(DaprVariables.Of(dapr)))
        {
            _environment.TryAdd(name, Environment.GetEnvironmentVariable(name));
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
    /// <param name="manifest">What the instance is made of.</param>
    /// <param name="dapr">Its node's door to Dapr; null: the function does not use it.</param>
    /// <param name="folder">Where the package is.</param>
    public static Surroundings Of(Manifest manifest, DaprDoor? dapr, string folder) => new(manifest, dapr, folder);

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
