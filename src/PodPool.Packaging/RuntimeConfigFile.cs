using System.Text.Json;

namespace PodPool.Packaging;

/// <summary>What a <c>.runtimeconfig.json</c> says.</summary>
/// <param name="Frameworks">The shared frameworks it needs.</param>
/// <param name="BringsRuntime">It is self-contained.</param>
internal sealed record RuntimeConfigFile(IReadOnlyList<(string Name, Version? Version)> Frameworks, bool BringsRuntime)
{
    public static RuntimeConfigFile Read(Stream stream)
    {
        using var document = JsonDocument.Parse(stream, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var options = document.RootElement.GetProperty("runtimeOptions");
        var frameworks = new List<(string, Version?)>();
        if (options.TryGetProperty("framework", out var framework))
        {
            frameworks.Add(Framework(framework));
        }

        if (options.TryGetProperty("frameworks", out var more))
        {
            frameworks.AddRange(more.EnumerateArray().Select(Framework));
        }

        return new(frameworks, options.TryGetProperty("includedFrameworks", out _));
    }

    private static (string Name, Version? Version) Framework(JsonElement framework)
    {
        var version = framework.TryGetProperty("version", out var text) ? text.GetString() : null;
        var dash = version?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return (framework.GetProperty("name").GetString() ?? "", Version.TryParse(dash < 0 ? version : version![..dash], out var parsed) ? parsed : null);
    }
}
