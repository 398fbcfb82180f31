using k8s;
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
        .. Each("podpool-system", ["patch"], "secrets/podpool-router", "secrets/podpool-door"),
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
        .. Each("default", ["list", "watch", "create", "delete", "update", "patch"], "httproutes.gateway.networking.k8s.io"),
        .. Each("-A", ["impersonate"], "users", "groups", "serviceaccounts"),
        .. Each("podpool-system", ["create"], "serviceaccounts/token"),
        .. Each("podpool-system", ["delete"], "leases.coordination.k8s.io", "secrets"),
    ];

    [ClusterFact]
    public async Task The_manager_may_do_what_it_does_and_nothing_that_it_need_not()
    {
        Assert.Empty(await DifferentAsync(Manager, Allowed, true));
        Assert.Empty(await DifferentAsync(Manager, Refused, false));
    }

    [ClusterFact]
    public async Task The_manager_reads_secrets_only_where_that_was_opened_to_it()
    {
        // The installation may have opened all namespaces; then that is what the operator chose.
        var (_, opened, _) = await Command.TryAsync("kubectl", ["get", "clusterrolebinding", "podpool-all-namespaces", "-o", "name"]);
        var isOpened = opened.Contains("podpool-all-namespaces", StringComparison.Ordinal) && !opened.Contains("NotFound", StringComparison.Ordinal);
        Assert.Empty(await DifferentAsync(Manager, [.. Each("kube-system", ["get", "list"], "secrets", "configmaps"), .. Each("default", ["get", "list"], "secrets", "configmaps")], isOpened));
    }

    [ClusterFact]
    public async Task Without_the_opening_of_all_namespaces_the_manager_reads_no_secrets_elsewhere()
    {
        var (_, binding, _) = await Command.TryAsync("kubectl", ["get", "clusterrolebinding", "podpool-all-namespaces", "-o", "json"]);
        Assert.SkipWhen(binding.Contains("NotFound", StringComparison.Ordinal), "all namespaces are not opened here, and another test sees that");
        await Command.KubectlAsync("delete", "clusterrolebinding", "podpool-all-namespaces");
        try
        {
            var elsewhere = Each("kube-system", ["get", "list", "watch"], "secrets", "configmaps").Concat(Each("default", ["get", "list", "watch"], "secrets", "configmaps")).Concat(Each("podpool-system", ["list"], "secrets")).ToArray();
            await Eventually.IsSoAsync(async () => await DifferentAsync(Manager, elsewhere, false) is { Count: > 0 } allowed ? string.Join(", ", allowed) : null, 30);
        }
        finally
        {
            await installation.InstallAsync();
        }
    }

    [ClusterFact]
    public async Task Routers_and_generic_pods_may_do_nothing_and_hold_no_token()
    {
        Assert.Empty(await DifferentAsync(Router, [.. Allowed, .. Refused], false));
        var pods = (await installation.PodsAsync()).Concat(await installation.PartsAsync("router")).Concat(await installation.PartsAsync("registry"));
        Assert.All(pods, pod => Assert.False(pod.Spec.AutomountServiceAccountToken));
        Assert.All(pods, pod => Assert.DoesNotContain(pod.Spec.Containers, container => (container.VolumeMounts ?? []).Any(mount => mount.MountPath.Contains("serviceaccount", StringComparison.Ordinal))));
    }

    /// <summary>Asks the server each; answers what it does not say as expected.</summary>
    private async Task<IReadOnlyList<string>> DifferentAsync(string who, IEnumerable<(string Where, string Verb, string What)> rights, bool expected)
    {
        var different = new List<string>();
        foreach (var (place, verb, what) in rights)
        {
            // As in runtimepools.podpool.dev/status: the resource, its group, and either a part of it or one object.
            var (resource, rest) = (what.Split('/')[0], what.Split('/').ElementAtOrDefault(1));
            var isObject = resource is "secrets" or "leases.coordination.k8s.io";
            var dot = resource.IndexOf('.', StringComparison.Ordinal);
            var review = await installation.Client.AuthorizationV1.CreateSubjectAccessReviewAsync(
                new()
                {
                    Spec = new()
                    {
                        User = who,
                        Groups = ["system:serviceaccounts", $"system:serviceaccounts:{Installation.Namespace}", "system:authenticated"],
                        ResourceAttributes = new()
                        {
                            NamespaceProperty = place == "-A" ? null : place,
                            Verb = verb,
                            Resource = dot < 0 ? resource : resource[..dot],
                            Group = dot < 0 ? "" : resource[(dot + 1)..],
                            Name = isObject ? rest : null,
                            Subresource = isObject ? null : rest,
                        },
                    },
                },
                cancellationToken: TestContext.Current.CancellationToken);
            if (review.Status.Allowed != expected)
            {
                different.Add($"{place} {verb} {what}: {review.Status.Allowed} {review.Status.Reason}");
            }
        }

        return different;
    }

    private static IEnumerable<(string Where, string Verb, string What)> Each(string place, string[] verbs, params string[] whats)
        => from what in whats from verb in verbs select (place, verb, what);
}
