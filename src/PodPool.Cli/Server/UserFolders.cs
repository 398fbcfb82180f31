namespace PodPool.Cli.Server;

/// <summary>Where things of a user's live, by the XDG base directory specification where it applies.</summary>
internal static class UserFolders
{
    private const string Product = "podpool";

    /// <summary>What a local platform keeps over restarts.</summary>
    public static string State(Func<string, string?> environment) => Under(environment("XDG_STATE_HOME"), [".local", "state"]);

    /// <summary>What can be made again.</summary>
    public static string Cache(Func<string, string?> environment) => Under(environment("XDG_CACHE_HOME"), [".cache"]);

    /// <summary>What is gone with the user's session; the state folder where the system has no such place.</summary>
    public static string Runtime(Func<string, string?> environment)
        => environment("XDG_RUNTIME_DIR") is { Length: > 0 } folder && Directory.Exists(folder)
            ? Path.Combine(folder, Product)
            : Path.Combine(State(environment), "run");

    private static string Under(string? named, string[] fallback)
    {
        if (!string.IsNullOrEmpty(named) && Path.IsPathFullyQualified(named))
        {
            return Path.Combine(named, Product);
        }

        return OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Product, fallback[^1].TrimStart('.'))
            : Path.Combine([Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), .. fallback, Product]);
    }
}
