using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using PodPool.Contracts;

namespace PodPool.EndToEnd.Cluster;

/// <summary>PodPool on the cluster: installed for the first test, if it is not there, and left to the last one, which takes it away.</summary>
public sealed class Installation : IAsyncLifetime
{
    internal const string Namespace = "podpool-system";
    internal const string Group = "podpool.dev";
    internal const string ApiVersion = "v1alpha1";

    private Kubernetes? _client;
    private PackageRegistry? _registry;

    internal Kubernetes Client => _client ?? throw new InvalidOperationException("there is no cluster");

    /// <summary>Where packages are pushed to.</summary>
    internal PackageRegistry Registry => _registry ?? throw new InvalidOperationException("there is no cluster");

    /// <summary>The domain of hosts.</summary>
    internal string Domain { get; private set; } = "";

    /// <summary>The router's service, by address: names have a test of their own, and how a cluster's name server bears faults is not what is tested.</summary>
    internal string RouterAddress { get; private set; } = "";

    /// <summary>The image of generic pods: one that every node can have, with .NET in it.</summary>
    internal string RuntimeImage { get; private set; } = "";

    internal static string Repository { get; } = typeof(Installation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (Settings.WhyNot is not null)
        {
            return;
        }

        _client = new(KubernetesClientConfiguration.BuildDefaultConfig());
        await InstallAsync();
        var settings = (await _client.CoreV1.ListNamespacedConfigMapAsync(Namespace, cancellationToken: Test)).Items.Single(map => map.Metadata.Name.StartsWith("podpool-settings", StringComparison.Ordinal));
        Domain = settings.Data["domain"];
        RuntimeImage = (await PoolAsync("default"))["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Single(container => (string?)container!["name"] == "runtime")!["image"]!.GetValue<string>();
        RouterAddress = (await _client.CoreV1.ReadNamespacedServiceAsync("podpool-router", Namespace, cancellationToken: Test)).Spec.ClusterIP;
        _registry = new(new Uri(settings.Data["registry"]));
    }

    public async ValueTask DisposeAsync()
    {
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        _client?.Dispose();
    }

    /// <summary>As the instructions say it; returns when everything is ready and the default pool is full.</summary>
    internal async Task InstallAsync()
    {
        await Command.KubectlAsync("apply", "-k", Path.Combine(Repository, await CustomResourcesAsync()));
        await Command.KubectlAsync("wait", "--for=condition=Established", "crd/runtimepools.podpool.dev", "crd/functions.podpool.dev", "--timeout=60s");
        await Command.KubectlAsync("apply", "-k", Path.Combine(Repository, Settings.Overlay));
        await ReadyAsync();
    }

    /// <summary>As the instructions say it.</summary>
    internal async Task UninstallAsync()
    {
        await Command.KubectlAsync("delete", "functions,runtimepools", "--all", "--all-namespaces", "--timeout=180s");
        await Command.KubectlAsync("delete", "-k", Path.Combine(Repository, Settings.Overlay), "--ignore-not-found", "--timeout=180s");
        await Command.KubectlAsync("delete", "-k", Path.Combine(Repository, await CustomResourcesAsync()), "--timeout=180s");
    }

    /// <summary>Waits until managers, routers and the registry are ready, one manager leads, and the default pool has the warm pods it wants.</summary>
    internal async Task ReadyAsync()
    {
        foreach (var name in new[] { "podpool-registry", "podpool-manager", "podpool-router" })
        {
            await Command.KubectlAsync("-n", Namespace, "rollout", "status", $"deployment/{name}", "--timeout=180s");
        }

        await FullAsync("default");
    }

    /// <summary>Waits until a pool has the warm pods it wants.</summary>
    internal Task FullAsync(string pool) => Eventually.IsSoAsync(async () =>
    {
        var read = await PoolAsync(pool);
        var warm = (await PodsAsync()).Count(pod => PoolOf(pod) == pool && StateOf(pod) == "warm" && pod.Metadata.DeletionTimestamp is null);
        var wanted = read["spec"]!["size"]?["warm"]?.GetValue<int>() ?? 4;
        return warm >= wanted ? null : $"{warm} of {wanted} pods of '{pool}' are warm; its status: {read["status"]?.ToJsonString()}";
    }, 180);

    /// <summary>Whether the server is too old for rules in the schemas.</summary>
    private async Task<string> CustomResourcesAsync() => Settings.CustomResources ?? (await VersionAsync() < new Version(1, 25) ? "deploy/crds-legacy" : "deploy/crds");

    /// <summary>The API server's.</summary>
    /// <remarks>As in v1.20.2; the number of the minor version alone is not said by every server.</remarks>
    internal async Task<Version> VersionAsync()
        => System.Version.Parse((await Client.Version.GetCodeAsync(Test)).GitVersion.TrimStart('v').Split('-', '+')[0]);

    // What there is.

    /// <summary>A pool of the installation's namespace.</summary>
    internal Task<JsonNode> PoolAsync(string name) => ReadAsync(Namespace, "runtimepools", name);

    internal Task<JsonNode> FunctionAsync(string @namespace, string name) => ReadAsync(@namespace, "functions", name);

    /// <summary>A condition of a pool or function; null: nobody said anything of it.</summary>
    internal static JsonNode? ConditionOf(JsonNode read, string type)
        => read["status"]?["conditions"]?.AsArray().FirstOrDefault(condition => (string?)condition!["type"] == type);

    /// <summary>All generic pods.</summary>
    internal async Task<IReadOnlyList<V1Pod>> PodsAsync()
        => [.. (await Client.CoreV1.ListPodForAllNamespacesAsync(labelSelector: PodLabels.Pool, cancellationToken: Test)).Items];

    /// <summary>The pods that are a function's.</summary>
    internal async Task<IReadOnlyList<V1Pod>> InstancesAsync(string @namespace, string function)
        => [.. (await PodsAsync()).Where(pod => pod.GetLabel(PodLabels.FunctionNamespace) == @namespace && pod.GetLabel(PodLabels.Function) == function && pod.Metadata.DeletionTimestamp is null && pod.Status.Phase == "Running")];

    /// <summary>The pods of managers or routers that are not on their way out.</summary>
    internal async Task<IReadOnlyList<V1Pod>> PartsAsync(string component)
        => [.. (await Client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: $"app.kubernetes.io/component={component}", cancellationToken: Test)).Items.Where(pod => pod.Metadata.DeletionTimestamp is null)];

    /// <summary>The pod of the manager that leads.</summary>
    internal async Task<string> LeaderAsync()
    {
        var lease = await Client.CoordinationV1.ReadNamespacedLeaseAsync("podpool-manager", Namespace, cancellationToken: Test);
        return lease.Spec.HolderIdentity ?? "";
    }

    /// <summary>Pods of the installation's own that are on their way out.</summary>
    internal async Task<IReadOnlyList<string>> LeavingAsync()
        => [.. (await Client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: "app.kubernetes.io/name=podpool", cancellationToken: Test)).Items.Where(pod => pod.Metadata.DeletionTimestamp is not null).Select(pod => pod.Metadata.Name)];

    internal static string? PoolOf(V1Pod pod) => pod.GetLabel(PodLabels.Pool);

    internal static string? StateOf(V1Pod pod) => pod.GetLabel(PodLabels.State);

    private async Task<JsonNode> ReadAsync(string @namespace, string plural, string name)
        => JsonSerializer.SerializeToNode(await Client.CustomObjects.GetNamespacedCustomObjectAsync(Group, ApiVersion, @namespace, plural, name, Test))!;

    /// <summary>Ends a pod at once, or asks it to end.</summary>
    internal async Task DeletePodAsync(string @namespace, string name, bool atOnce)
    {
        try
        {
            await Client.CoreV1.DeleteNamespacedPodAsync(name, @namespace, gracePeriodSeconds: atOnce ? 0 : null, cancellationToken: Test);
        }
        catch (HttpOperationException exception) when (exception.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            // Somebody else was faster.
        }
    }

    /// <summary>Ends the processes of a pod as a kernel does: without a word.</summary>
    internal async Task KillAsync(string @namespace, string name) => await KillAsync(await Client.CoreV1.ReadNamespacedPodAsync(name, @namespace, cancellationToken: Test));

    /// <inheritdoc cref="KillAsync(string, string)"/>
    internal static async Task KillAsync(V1Pod pod)
    {
        // As in containerd://0123….
        foreach (var container in pod.Status.ContainerStatuses)
        {
            await Command.BreakAsync(Settings.ContainerKill!, container.ContainerID[(container.ContainerID.IndexOf("://", StringComparison.Ordinal) + 3)..]);
        }
    }
}
