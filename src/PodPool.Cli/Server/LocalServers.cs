using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PodPool.Cli.Server;

/// <summary>A running <c>podpool local</c>, as it announces itself to the other verbs.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="ProcessStart">When that process started; a process id alone is used again.</param>
/// <param name="Operator">Where its manager listens for operators.</param>
/// <param name="Router">Where its router listens.</param>
/// <param name="State">Its state folder.</param>
internal sealed record LocalServer(int ProcessId, DateTimeOffset ProcessStart, string Operator, string Router, string State);

/// <summary>The announcements of this user's local platforms: one file each, named by process, removed at its end.</summary>
internal sealed class LocalServers(Func<string, string?> environment)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly string _folder = Path.Combine(UserFolders.Runtime(environment), "servers");

    /// <summary>Announces this process; disposing takes it back.</summary>
    public IDisposable Announce(string operatorAddress, string router, string state)
    {
        using var self = Process.GetCurrentProcess();
        var server = new LocalServer(self.Id, StartOf(self), operatorAddress, router, state);
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, server.ProcessId.ToString(CultureInfo.InvariantCulture) + ".json");

        // Readers see the whole file or none.
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(server, Json));
        File.Move(temporary, path, overwrite: true);
        return new Announcement(path);
    }

    /// <summary>The local platform that started last; what ended without taking its announcement back is skipped and removed.</summary>
    public LocalServer? FindNewest()
    {
        if (!Directory.Exists(_folder))
        {
            return null;
        }

        LocalServer? newest = null;
        foreach (var path in Directory.EnumerateFiles(_folder, "*.json"))
        {
            var server = Read(path);
            if (server is null || !IsAlive(server))
            {
                TryDelete(path);
            }
            else if (newest is null || server.ProcessStart > newest.ProcessStart)
            {
                newest = server;
            }
        }

        return newest;
    }

    private static LocalServer? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<LocalServer>(File.ReadAllText(path), Json);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsAlive(LocalServer server)
    {
        try
        {
            using var process = Process.GetProcessById(server.ProcessId);
            return !process.HasExited && (StartOf(process) - server.ProcessStart).Duration() < TimeSpan.FromSeconds(2);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static DateTimeOffset StartOf(Process process) => new(process.StartTime);

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or just gone: it is skipped in any case.
        }
    }

    private sealed class Announcement(string path) : IDisposable
    {
        public void Dispose() => TryDelete(path);
    }
}
