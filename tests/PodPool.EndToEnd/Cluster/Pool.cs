using System.Text.Json.Nodes;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A pool for one test, beside the default one, and like it but for what the test changes.</summary>
internal sealed class Pool(Installation installation, string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    /// <param name="installation">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="warm">Pods to keep warm.</param>
    /// <param name="change">Changes the pods' spec.</param>
    public static async Task<Pool> CreateAsync(Installation installation, string name, int warm, Action<JsonNode>? change = null)
    {
        var template = (await installation.PoolAsync("default"))["spec"]!["template"]!.DeepClone();
        change?.Invoke(template["spec"]!);
        await Command.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "podpool.dev/v1alpha1",
            ["kind"] = "RuntimePool",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Installation.Namespace },
            ["spec"] = new JsonObject { ["template"] = template, ["size"] = new JsonObject { ["warm"] = warm }, ["allowedNamespaces"] = new JsonArray("*") },
        }.ToJsonString());
        return new(installation, name);
    }

    /// <summary>Waits until one of its conditions says something.</summary>
    public Task SaysAsync(string text) => Eventually.IsSoAsync(async () =>
    {
        var conditions = (await installation.PoolAsync(Name))["status"]?["conditions"]?.AsArray() ?? [];
        return conditions.Any(condition => ((string?)condition!["message"])?.Contains(text, StringComparison.Ordinal) == true) ? null : $"'{Name}' says {conditions.ToJsonString()}";
    });

    /// <summary>Its pods go with it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Command.KubectlAsync("-n", Installation.Namespace, "delete", "runtimepool", Name, "--timeout=60s");
        await Eventually.IsSoAsync(async () => (await installation.PodsAsync()).Count(pod => Installation.PoolOf(pod) == Name) is var left and > 0 ? $"{left} pods of '{Name}' are left" : null);
    }
}
