using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>What the installation's service accounts may do on this cluster, by the server's own word.</summary>
public sealed class RoleTests(Installation installation)
{
    private const string Manager = "system:serviceaccount:podpool-system:podpool-manager";
    private const string Router = "system:serviceaccount:podpool-system:podpool-router";

    /// <summary>Namespace, or <c>-A</c>; verb; what.</summary>
    private static readonly (string Where, string Verb, string What)[] Allowed =
    [
        .. Each("-A", ["get", "list", "watch"], "runtimepools.podpool.dev", "functions.podpool.dev", "services"),
        .. Each("-A", ["get", "patch", "update"], "runtimepools.podpool.dev/status", "functions.podpool.dev/status"),
        .. Each("-A", ["list", "watch"], "nodes"),
        .. Each("-A", ["create", "patch"], "events"),
        .. Each("podpool-system", ["get", "list", "watch", "create", "patch", "delete"], "pods"),
        .. Each("podpool-system", ["get"], "pods/log", "secrets/podpool-manager", "leases.coordination.k8s.io/podpool-manager"),
        .. Each("podpool-system", ["update"], "secrets/podpool-manager", "leases.coordination.k8s.io/podpool-manager"),
        .. Each("podpool-system", ["create"], "secrets", "leases.coordination.k8s.io"),
    ];

    private static readonly (string Where, string Verb, string What)[] Refused =
    [
        .. Each("default", ["create", "delete", "patch"], "pods"),
        .. Each("kube-system", ["create", "delete", "patch"], "pods"),
        .. Each("podpool-system", ["update", "deletecollection"], "pods"),
        .. Each("podpool-system", ["create"], "pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers", "pods/eviction"),
        .. Each("-A", ["create", "delete", "patch", "update"], "nodes", "namespaces", "runtimepools.podpool.dev", "functions.podpool.dev", "deployments.apps", "daemonsets.apps", "networkpolicies.networking.k8s.io"),
        .. Each("-A", ["create", "patch", "update", "delete"], "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"),
        .. Each("-A", ["create", "update", "patch", "delete"], "configmaps", "persistentvolumes", "customresourcedefinitions.apiextensions.k8s.io"),
        .. Each("default", ["create", "delete", "update", "patch"], "secrets"),
        .. Each("-A", ["impersonate"], "users", "groups", "serviceaccounts"),
        .. Each("podpool-system", ["create"], "serviceaccounts/token"),
        .. Each("podpool-system", ["delete"], "leases.coordination.k8s.io", "secrets"),
    ];

    [ClusterFact]
    public async Task The_manager_may_do_what_it_does_and_nothing_that_it_need_not()
    {
        Assert.Empty(await DifferentAsync(Manager, Allowed, "yes"));
        Assert.Empty(await DifferentAsync(Manager, Refused, "no"));
    }

    [ClusterFact]
    public async Task The_manager_reads_secrets_only_where_that_was_opened_to_it()
    {
        // The installation may have opened all namespaces; then that is what the operator chose.
        var (_, opened) = await Command.TryAsync("kubectl", ["get", "clusterrolebinding", "podpool-all-namespaces", "-o", "name"]);
        var expected = opened.Contains("podpool-all-namespaces", StringComparison.Ordinal) && !opened.Contains("NotFound", StringComparison.Ordinal) ? "yes" : "no";
        Assert.Empty(await DifferentAsync(Manager, [.. Each("kube-system", ["get", "list"], "secrets", "configmaps"), .. Each("default", ["get", "list"], "secrets", "configmaps")], expected));
    }

    [ClusterFact]
    public async Task Without_the_opening_of_all_namespaces_the_manager_reads_no_secrets_elsewhere()
    {
        var (_, binding) = await Command.TryAsync("kubectl", ["get", "clusterrolebinding", "podpool-all-namespaces", "-o", "json"]);
        Assert.SkipWhen(binding.Contains("NotFound", StringComparison.Ordinal), "all namespaces are not opened here, and another test sees that");
        await Command.KubectlAsync("delete", "clusterrolebinding", "podpool-all-namespaces");
        try
        {
            var elsewhere = Each("kube-system", ["get", "list", "watch"], "secrets", "configmaps").Concat(Each("default", ["get", "list", "watch"], "secrets", "configmaps")).Concat(Each("podpool-system", ["list"], "secrets")).ToArray();
            await Eventually.IsSoAsync(async () => await DifferentAsync(Manager, elsewhere, "no") is { Count: > 0 } allowed ? string.Join(", ", allowed) : null, 30);
        }
        finally
        {
            await installation.InstallAsync();
        }
    }

    [ClusterFact]
    public async Task Routers_and_generic_pods_may_do_nothing_and_hold_no_token()
    {
        Assert.Empty(await DifferentAsync(Router, [.. Allowed, .. Refused], "no"));
        var pods = (await installation.PodsAsync()).Concat(await installation.PartsAsync("router")).Concat(await installation.PartsAsync("registry"));
        Assert.All(pods, pod => Assert.False(pod.Spec.AutomountServiceAccountToken));
        Assert.All(pods, pod => Assert.DoesNotContain(pod.Spec.Containers, container => (container.VolumeMounts ?? []).Any(mount => mount.MountPath.Contains("serviceaccount", StringComparison.Ordinal))));
    }

    /// <summary>Asks the server each; answers what it does not say as expected.</summary>
    private static async Task<IReadOnlyList<string>> DifferentAsync(string who, IEnumerable<(string Where, string Verb, string What)> rights, string expected)
    {
        var different = new List<string>();
        foreach (var (place, verb, what) in rights)
        {
            string[] scope = place == "-A" ? ["--all-namespaces"] : ["--namespace", place];
            var parts = what.Split('/');

            // A part of a resource is named apart from one object of it.
            string[] named = parts.Length == 2 && parts[0] is not ("secrets" or "leases.coordination.k8s.io") ? [parts[0], "--subresource", parts[1]] : [what];
            var (_, said) = await Command.TryAsync("kubectl", ["auth", "can-i", "--as", who, .. scope, verb, .. named]);
            if (said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(line => line is "yes" or "no" || line.StartsWith("no ", StringComparison.Ordinal)) is not { } answer || !answer.StartsWith(expected, StringComparison.Ordinal))
            {
                different.Add($"{place} {verb} {what}: {said.Trim()}");
            }
        }

        return different;
    }

    private static IEnumerable<(string Where, string Verb, string What)> Each(string place, string[] verbs, params string[] whats)
        => from what in whats from verb in verbs select (place, verb, what);
}
