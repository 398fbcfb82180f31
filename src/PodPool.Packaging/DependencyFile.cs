using System.Text.Json;

namespace PodPool.Packaging;

/// <summary>What a <c>.deps.json</c> says.</summary>
/// <param name="RuntimeIdentifier">What the package was published for; null: for any.</param>
/// <param name="Assemblies">File names of the assemblies that should be in the package, with the library each comes from.</param>
/// <param name="BringsRuntime">It is self-contained.</param>
internal sealed record DependencyFile(string? RuntimeIdentifier, IReadOnlyList<(string File, string Library)> Assemblies, bool BringsRuntime)
{
    public static DependencyFile Read(Stream stream)
    {
        using var document = JsonDocument.Parse(stream);
        var root = document.RootElement;
        var name = root.GetProperty("runtimeTarget").GetProperty("name").GetString() ?? "";
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var assemblies = new List<(string, string)>();
        if (root.TryGetProperty("targets", out var targets) && targets.TryGetProperty(name, out var target))
        {
            foreach (var library in target.EnumerateObject())
            {
                if (library.Value.TryGetProperty("runtime", out var files))
                {
                    assemblies.AddRange(files.EnumerateObject()
                        .Select(file => file.Name[(file.Name.LastIndexOf('/') + 1)..])
                        .Where(file => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
                        .Select(file => (file, library.Name)));
                }
            }
        }

        var bringsRuntime = root.TryGetProperty("libraries", out var libraries)
            && libraries.EnumerateObject().Any(library => library.Value.TryGetProperty("type", out var type) && type.ValueEquals("runtimepack"));
        return new(slash < 0 ? null : name[(slash + 1)..], assemblies, bringsRuntime);
    }
}
