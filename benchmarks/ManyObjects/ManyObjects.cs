using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace PodPool.Benchmarks;

/// <summary>
/// A namespace with a pool and many functions, on a real API server. The pool's pods name a scheduler that there is none of: they are objects,
/// made by a manager as it makes them, and no node ever sees them.
/// </summary>
internal sealed class ManyObjects(Kubernetes client, string @namespace)
{
    private const string Group = "podpool.dev";
    private const string Version = "v1alpha1";

    /// <summary>Declares the pool, and the functions of it.</summary>
    public async Task DeclareAsync(int pods, int functions, string image)
    {
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = @namespace } });
        await CreateAsync("runtimepools", "RuntimePool", "many", new()
        {
            ["allowedNamespaces"] = new JsonArray("*"),
            ["size"] = new JsonObject { ["warm"] = pods },

            // Slowly: an API server that is flooded answers too late, and a pool whose pods could not be made tries no more while others start, which these do for ever.
            ["refill"] = new JsonObject { ["perSecond"] = 40, ["burst"] = 40, ["parallelism"] = 10_000 },
            ["startDeadline"] = "1h",
            ["template"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["schedulerName"] = "none",
                    ["containers"] = new JsonArray(new JsonObject { ["name"] = "runtime", ["image"] = "podpool.dev/runtime:none" }),
                },
            },
        });
        await Parallel.ForAsync(0, functions, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) => await CreateAsync(
            "functions", "Function", FormattableString.Invariant($"function-{number}"), new() { ["pool"] = $"{@namespace}/many", ["package"] = new JsonObject { ["image"] = image } }));
    }

    /// <summary>How many pods there are.</summary>
    public async Task<int> PodsAsync()
    {
        var page = await client.CoreV1.ListNamespacedPodAsync(@namespace, limit: 1);
        return page.Items.Count + (int)(page.Metadata.RemainingItemCount ?? 0);
    }

    /// <summary>How many functions can be called.</summary>
    public async Task<int> ReadyFunctionsAsync()
    {
        var functions = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(await client.CustomObjects.ListNamespacedCustomObjectAsync(Group, Version, @namespace, "functions")))!;
        return functions["items"]!.AsArray().Count(function => function!["status"]?["conditions"]?.AsArray().Any(
            condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True") == true);
    }

    /// <summary>Takes all of it away.</summary>
    public async Task RemoveAsync()
    {
        // All in it goes with it, by and by: asked to delete ten thousand pods in one request, a server runs out of time.
        await client.CoreV1.DeleteNamespaceAsync(@namespace);
    }

    private Task<object> CreateAsync(string plural, string kind, string name, JsonObject spec) => client.CustomObjects.CreateNamespacedCustomObjectAsync(
        new JsonObject { ["apiVersion"] = $"{Group}/{Version}", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace }, ["spec"] = spec },
        Group, Version, @namespace, plural);
}
