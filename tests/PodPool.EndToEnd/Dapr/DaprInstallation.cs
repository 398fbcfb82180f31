using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Dapr;

/// <summary>Dapr on every node as <c>deploy/README.md</c> says it, with a Redis; taken away with the class of tests.</summary>
public sealed class DaprInstallation(Installation installation) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("e2e-dapr-");

    public async ValueTask InitializeAsync()
    {
        if (Settings.WhyNot is not null)
        {
            return;
        }

        var files = Path.Combine(Installation.Repository, "tests", "PodPool.EndToEnd", "Dapr");
        foreach (var component in (string[])["statestore.yaml", "pubsub.yaml", "redis.yaml"])
        {
            File.Copy(Path.Combine(files, component), Path.Combine(_folder.FullName, component));
        }

        // Before Kubernetes 1.22 a Service leads to any node's door.
        var isOld = await installation.VersionAsync() < new Version(1, 22);
        string[] components = isOld ? ["dapr", "dapr-host-network"] : ["dapr"];
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "kustomization.yaml"),
            $"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [redis.yaml]
            components: [{string.Join(", ", components.Select(From))}]
            configMapGenerator:
              - name: podpool-dapr-components
                namespace: podpool-system
                files: [statestore.yaml, pubsub.yaml]
            """);

        // First: daprd goes on without a component that it cannot reach when it starts.
        await Command.KubectlAsync("apply", "-f", Path.Combine(_folder.FullName, "redis.yaml"));
        await Command.KubectlAsync("-n", "e2e-redis", "rollout", "status", "deployment/redis", "--timeout=180s");
        await Command.KubectlAsync("apply", "-k", _folder.FullName);
        await Command.KubectlAsync("-n", Installation.Namespace, "rollout", "status", "daemonset/podpool-dapr", "--timeout=180s");
    }

    public async ValueTask DisposeAsync()
    {
        if (Settings.WhyNot is null)
        {
            await Command.KubectlAsync("delete", "-k", _folder.FullName, "--ignore-not-found", "--timeout=180s");
        }

        _folder.Delete(recursive: true);
    }

    // Kustomize takes no absolute paths.
    private string From(string component) => Path.GetRelativePath(_folder.FullName, Path.Combine(Installation.Repository, "deploy", "components", component));
}
