using System.Text.Json;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Tests.Kubernetes.Pods;

public sealed class PodManifestTests
{
    [Fact]
    public void A_pod_is_its_pools_and_closed_where_the_template_says_nothing()
    {
        var pod = PodManifest.Build(Pool("""{"containers":[{"name":"runtime","image":"i"}]}"""), new("default-abc"), "key");
        Assert.Equal(("default-abc", "ns", "default"), (pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Metadata.Labels[PodLabels.Pool]));
        Assert.Equal(PodStates.Starting, pod.Metadata.Labels[PodLabels.State]);
        Assert.Equal("ns/default", PodManifest.PoolOf(pod));
        var owner = Assert.Single(pod.Metadata.OwnerReferences);
        Assert.Equal(("uid", "RuntimePool", true), (owner.Uid, owner.Kind, owner.Controller));

        var spec = pod.Spec;
        Assert.Equal((false, false, "Never"), (spec.AutomountServiceAccountToken, spec.EnableServiceLinks, spec.RestartPolicy));
        Assert.Equal((true, "RuntimeDefault"), (spec.SecurityContext.RunAsNonRoot, spec.SecurityContext.SeccompProfile.Type));
        var security = Assert.Single(spec.Containers).SecurityContext;
        Assert.Equal((false, true), (security.AllowPrivilegeEscalation, security.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], security.Capabilities.Drop);
        Assert.Equal("Memory", spec.Volumes.Single(volume => volume.EmptyDir?.SizeLimit is not null).EmptyDir.Medium);
        Assert.Equal("default-loader", spec.Volumes.Single(volume => volume.Secret is not null).Secret.SecretName);
    }

    [Fact]
    public void The_template_adds_and_takes_nothing_back()
    {
        var pod = PodManifest.Build(
            Pool("""
                {"restartPolicy":"Always","containers":[{"name":"runtime","image":"i","env":[{"name":"TZ","value":"UTC"},{"name":"PODPOOL_CLAIM_KEY","value":"mine"}]},{"name":"helper","image":"h"}]}
                """,
                labels: new() { [PodLabels.Pool] = "another", ["team"] = "a" }),
            new("default-abc"),
            "key");
        Assert.Equal("default", pod.Metadata.Labels[PodLabels.Pool]);
        Assert.Equal("a", pod.Metadata.Labels["team"]);
        Assert.Equal("Never", pod.Spec.RestartPolicy);
        var runtime = pod.Spec.Containers.Single(container => container.Name == "runtime");
        Assert.Equal("key", Assert.Single(runtime.Env, variable => variable.Name == PodEnvironment.ClaimKey).Value);
        Assert.Contains(runtime.Env, variable => variable is { Name: "TZ", Value: "UTC" });
        Assert.All(pod.Spec.Containers, container => Assert.False(container.SecurityContext.AllowPrivilegeEscalation));
    }

    [Fact]
    public void A_template_without_the_runtimes_container_is_refused_by_name()
    {
        var thrown = Assert.Throws<FormatException>(() => PodManifest.Build(Pool("""{"containers":[{"name":"app","image":"i"}]}"""), new("a"), "key"));
        Assert.Contains("'runtime'", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"runtime","state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}""", true, "ImagePullBackOff): no such image")]
    [InlineData("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","message":"0/2 nodes are available"}]}""", false, "no node takes it: 0/2 nodes are available")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"name":"runtime","state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}""", true, "was killed")]
    [InlineData("""{"phase":"Failed","reason":"Evicted","message":"the node was low on disk"}""", true, "low on disk")]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"runtime","state":{"waiting":{"reason":"ContainerCreating"}}}]}""", false, "")]
    [InlineData("""{"phase":"Running","podIP":"10.0.0.1"}""", false, "")]
    public void What_keeps_a_pod_from_running_is_read_from_its_status(string status, bool hopeless, string message)
    {
        var pod = PodDigest.Of(new() { Metadata = new() { Name = "a" }, Status = k8s.KubernetesJson.Deserialize<V1PodStatus>(status) });
        var troubles = PodTroubles.Of(pod);
        Assert.Equal(hopeless, troubles.Hopeless);
        Assert.EndsWith(message, troubles.Message, StringComparison.Ordinal);
        Assert.Equal(message.Length == 0, troubles.Message.Length == 0);
    }

    internal static RuntimePoolResource Pool(string spec, Dictionary<string, string>? labels = null) => new()
    {
        Metadata = new() { Name = "default", NamespaceProperty = "ns", Uid = "uid" },
        Spec = new() { Template = new() { Metadata = new() { Labels = labels }, Spec = JsonDocument.Parse(spec).RootElement } },
    };
}
