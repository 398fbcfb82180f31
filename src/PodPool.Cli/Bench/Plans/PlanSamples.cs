using PodPool.Cli.Local;

namespace PodPool.Cli.Bench.Plans;

/// <summary>The functions that a scenario can name without bringing any.</summary>
internal static class PlanSamples
{
    private static readonly IReadOnlyDictionary<string, (string Folder, string Path)> All = new Dictionary<string, (string, string)>
    {
        ["hello"] = ("Hello", "?name=Ada"),
        ["methods-400"] = ("Methods400", ""),
        ["dependencies"] = ("Dependencies", ""),
        ["aspnet-app"] = ("WebApplication", "books"),
        ["slow"] = ("Slow", "?seconds=0.5"),
    };

    public static IEnumerable<string> Names => All.Keys;

    /// <summary>As it is published beside this program, else as a project of the source tree; null: there is neither.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static BenchScenario? Find(string name)
    {
        if (!All.TryGetValue(name, out var sample))
        {
            return null;
        }

        var published = Path.Combine(AppContext.BaseDirectory, "samples", sample.Folder);
        var source = Directory.Exists(published)
            ? published
            : RepositoryFolder.Find() is { } repository ? Path.Combine(repository, "src", "samples", sample.Folder) : null;
        return source is null ? null : new BenchScenario(name, source, Path: sample.Path);
    }
}
