using System.Text.Json;

namespace PodPool.Cli.Deploy;

/// <summary>What of a <c>.deps.json</c> a package has to know.</summary>
internal static class DependencyFile
{
    /// <summary>
    /// File names that a self-contained publish took from the runtime itself; the pod has its own. Empty where the file is
    /// missing or no JSON: loading will tell.
    /// </summary>
    public static HashSet<string> RuntimePackFiles(string file)
    {
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("targets", out var targets) || targets.ValueKind != JsonValueKind.Object)
            {
                return found;
            }

            foreach (var library in targets.EnumerateObject().SelectMany(target => target.Value.EnumerateObject()))
            {
                if (!library.Name.StartsWith("runtimepack.", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                foreach (var group in (string[])["runtime", "native"])
                {
                    if (library.Value.TryGetProperty(group, out var assets))
                    {
                        found.UnionWith(assets.EnumerateObject().Select(asset => Path.GetFileName(asset.Name)));
                    }
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or IOException)
        {
            return [];
        }

        return found;
    }
}
