using k8s;
using k8s.Models;
using PodPool.Contracts;

namespace PodPool.EndToEnd.Cluster;

/// <summary>Looks at all pods, whoever made them: what must be true of them whatever happened before.</summary>
internal static class PodAudit
{
    private static readonly string[] States = ["starting", "warm", "claimed", "serving", "draining"];

    /// <summary>
    /// Waits until the pool has come to rest and nothing is wrong: each pod is a pool's that there is; each is warm with no function, or serves one that
    /// there is; there are as many warm ones as are wanted; and none is in a state that nobody ends.
    /// </summary>
    public static Task NothingLeakedAsync(Installation installation, int seconds = 180) => Eventually.IsSoAsync(async () =>
    {
        var pods = await installation.PodsAsync();
        var pools = (await ItemsAsync(installation, "runtimepools")).ToDictionary(pool => pool.GetProperty("metadata").GetProperty("uid").GetString()!);
        var functions = (await ItemsAsync(installation, "functions")).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var wrong = pods.SelectMany(pod => ProblemsOf(pod, pools, functions).Select(problem => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name} ({Installation.StateOf(pod)}, {pod.Status.Phase}, on {pod.Spec.NodeName}) {problem}")).ToList();
        foreach (var pool in pools.Values)
        {
            var name = pool.GetProperty("metadata").GetProperty("name").GetString()!;
            var wanted = pool.GetProperty("spec").TryGetProperty("size", out var size) && size.TryGetProperty("warm", out var number) ? number.GetInt32() : 4;
            var warm = pods.Count(pod => Installation.PoolOf(pod) == name && Installation.StateOf(pod) == "warm");
            if (warm != wanted)
            {
                wrong.Add($"pool '{name}' has {warm} warm pods and wants {wanted}");
            }
        }

        return wrong.Count == 0 ? null : string.Join("\n", wrong);
    }, seconds);

    private static IEnumerable<string> ProblemsOf(V1Pod pod, Dictionary<string, System.Text.Json.JsonElement> pools, HashSet<string> functions)
    {
        var (state, function, @namespace) = (Installation.StateOf(pod), pod.GetLabel(PodLabels.Function), pod.GetLabel(PodLabels.FunctionNamespace));
        if (pod.Metadata.OwnerReferences?.Any(owner => owner.Controller == true && owner.Kind == "RuntimePool" && pools.ContainsKey(owner.Uid)) != true)
        {
            yield return "is no pool's that there is";
        }

        if (pod.Metadata.DeletionTimestamp is { } deleted)
        {
            yield return $"is being deleted since {deleted:O}";
        }
        else if (!States.Contains(state) || state is "starting" or "claimed" or "draining")
        {
            yield return "is not at rest";
        }
        else if (pod.Status.Phase != "Running")
        {
            yield return "does not run";
        }

        if (state == "warm" && (function is not null || pod.GetLabel(PodLabels.Revision) is not null))
        {
            yield return $"is warm, and {@namespace}/{function}'s";
        }

        if (state == "serving" && (function is null || pod.GetLabel(PodLabels.Revision) is null || !functions.Contains($"{@namespace}/{function}")))
        {
            yield return $"serves {@namespace}/{function}, which is not there";
        }
    }

    private static async Task<IReadOnlyList<System.Text.Json.JsonElement>> ItemsAsync(Installation installation, string plural)
    {
        var list = await installation.Client.CustomObjects.ListClusterCustomObjectAsync(Installation.Group, Installation.ApiVersion, plural, cancellationToken: TestContext.Current.CancellationToken);
        return [.. System.Text.Json.JsonSerializer.SerializeToElement(list).GetProperty("items").EnumerateArray()];
    }

    private static string NameOf(System.Text.Json.JsonElement item)
        => $"{item.GetProperty("metadata").GetProperty("namespace").GetString()}/{item.GetProperty("metadata").GetProperty("name").GetString()}";
}
