using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

/// <summary>The client library reads and writes the custom resources as the API server does.</summary>
public sealed class ResourceTests
{
    private const string Pool = """
        {"apiVersion":"podpool.dev/v1alpha1","kind":"RuntimePool","metadata":{"name":"default","namespace":"podpool-system","uid":"u"},
         "spec":{"template":{"metadata":{"labels":{"team":"a"}},"spec":{"containers":[{"name":"runtime","image":"podpool.dev/runtime:0.1.0","resources":{"limits":{"cpu":1,"memory":"512Mi"}}}],"fieldOfTomorrow":[1]}},
                 "size":{"warm":7,"max":9,"auto":{"missProbability":0.02,"min":2,"max":50},"schedules":[{"cron":"0 8 * * 1-5","duration":"10h","warm":8,"timeZone":"Europe/Berlin"}],"reserve":[{"namespace":"shop","function":"till","warm":1}]},"refill":{"perSecond":0.5,"burst":1,"parallelism":2},"prefetch":1048576,"memory":"1Gi","drainGrace":"10s","startDeadline":"90s","allowedNamespaces":["shop"],"trustDomain":"acme"},
         "status":{"observedGeneration":2,"starting":1,"warm":2,"target":8,
                   "size":{"why":"w","needed":6,"demand":1.5,"expected":2.5,"burstiness":1.1,"refillP50":2,"refillP99":5,"predictedMissProbability":0.01,"actualMissRate":0.02,"learnt":"v1.AAAA"},"claimed":3,"serving":4,"draining":5,"claims":6,"misses":7,"selector":"a=b",
                   "conditions":[{"type":"Ready","status":"True","observedGeneration":2,"lastTransitionTime":"2026-01-02T03:04:05Z","reason":"Warm","message":"m"}]}}
        """;

    private const string Function = """
        {"apiVersion":"podpool.dev/v1alpha1","kind":"Function","metadata":{"name":"hello","namespace":"shop"},
         "spec":{"pool":"podpool-system/default","package":{"url":"https://files.example/a.zip","sha256":"aa","pullSecret":"s"},"entryPoint":"A::B","concurrency":5,"scale":{"min":1,"max":2,"idleTimeout":"1m"},"timeout":"0s",
                 "env":[{"name":"A","value":""},{"name":"B","valueFrom":{"secretKeyRef":{"name":"n","key":"k","optional":true}}},{"name":"C","valueFrom":{"configMapKeyRef":{"name":"n","key":"k","optional":false}}}],
                 "onEmptyPool":"Reject","route":{"hosts":["a.b"],"paths":["/x"]},"dapr":{"stateStores":[{"name":"a","shared":"b"}],"pubSubs":[{"name":"c","topics":["d"]}],"bindings":["e"],"secretStores":[{"name":"f","secrets":["g"]}],
                         "configurationStores":[{"name":"h","keys":["i"]}],"lockStores":[{"name":"j","shared":"k"}],"invoke":["l.m"],
                         "subscriptions":[{"pubSub":"n","topic":"o","rawPayload":true,"rules":[{"match":"true","path":"/p"}],"path":"/q","deadLetterTopic":"r","bulk":{"maxMessages":5,"maxAwaitMilliseconds":6}}],"inputBindings":[{"name":"s","path":"/t"}]}},
         "status":{"observedGeneration":3,"revision":"r","packageDigest":"sha256:aa","packageSize":12,"entryPoint":"A::B","instances":1,"addresses":["http://x"],
                   "lastStart":{"at":"2026-01-02T03:04:05Z","instance":"p","miss":true,"phases":{"claim":"0.100ms","transfer":"1.000ms","load":"2.000ms","start":"3.000ms"}},
                   "lastFailure":{"at":"2026-01-02T03:04:05.123456Z","reason":"EntryPointNotFound","message":"m"},"conditions":[]}}
        """;

    [Fact]
    public void A_pool_is_read_and_written_whole()
    {
        var pool = KubernetesJson.Deserialize<RuntimePoolResource>(Pool);
        Assert.Equal((7, 0.5, "1048576"), (pool.Spec.Size.Warm, pool.Spec.Refill.PerSecond, pool.Spec.Prefetch));
        Assert.Equal("Warm", Assert.Single(pool.Status!.Conditions).Reason);
        // A number that may be text is written as text; the API server takes both.
        AssertSame(Pool.Replace("1048576", "\"1048576\"", StringComparison.Ordinal), KubernetesJson.Serialize(pool));
    }

    [Fact]
    public void A_function_is_read_and_written_whole()
    {
        var function = KubernetesJson.Deserialize<FunctionResource>(Function);
        Assert.True(function.Spec.Env[1].ValueFrom!.SecretKeyRef!.Optional);
        Assert.Equal("2.000ms", function.Status!.LastStart!.Phases.Load);
        AssertSame(Function, KubernetesJson.Serialize(function));
    }

    [Fact]
    public void What_a_function_uses_of_Dapr_is_the_same_after_the_way_to_the_manager_and_back()
    {
        var function = KubernetesJson.Deserialize<FunctionResource>(Function);
        var access = DaprMapping.ToAccess(function.Spec.Dapr)!;
        Assert.Equal(("/p", "r", "/t"), (access.Subscriptions[0].Rules[0].Path, access.Subscriptions[0].DeadLetterTopic, access.InputBindings[0].Path));
        AssertSame(Function, KubernetesJson.Serialize(function with { Spec = function.Spec with { Dapr = DaprMapping.ToResource(access) } }));
        Assert.Null(DaprMapping.ToAccess(null));
    }

    [Fact]
    public void A_list_is_read_though_one_template_is_no_pod_spec()
    {
        var broken = Pool.Replace("\"containers\":[", "\"containers\":7,\"others\":[", StringComparison.Ordinal);
        var list = KubernetesJson.Deserialize<KubernetesList<RuntimePoolResource>>($$"""{"metadata":{"resourceVersion":"5"},"items":[{{broken}},{{Pool}}]}""");
        var refused = Assert.Throws<FormatException>(() => list.Items[0].Spec.Template.ToPodTemplateSpec());
        Assert.StartsWith("spec.template.spec.containers is not what a PodSpec has there", refused.Message, StringComparison.Ordinal);
        Assert.Equal("a", list.Items[1].Spec.Template.ToPodTemplateSpec().Metadata.Labels["team"]);
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("0.5", "500m")]
    [InlineData("\"250m\"", "250m")]
    [InlineData("\"1e3\"", "1e3")]
    public void A_template_may_have_quantities_as_numbers(string written, string read) =>
        Assert.Equal(read, TemplateWith(written).ToPodTemplateSpec().Spec.Containers[0].Resources.Limits["cpu"].ToString());

    [Theory]
    [InlineData("\"much\"")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("\"1e999999999\"")]
    [InlineData("1e999999999")]
    public void A_template_with_a_wrong_quantity_is_refused_naming_it(string written)
    {
        var refused = Assert.Throws<FormatException>(() => TemplateWith(written).ToPodTemplateSpec());
        Assert.StartsWith("spec.template.spec.containers[0].resources.limits", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"containers":[{"name":"other","image":"x"}]}""")]
    [InlineData("""{"containers":[{"name":"runtime"}]}""")]
    [InlineData("""{"containers":[]}""")]
    [InlineData("{}")]
    public void A_template_without_the_generic_pod_is_refused(string spec)
    {
        var refused = Assert.Throws<FormatException>(() => Template(spec).ToPodTemplateSpec());
        Assert.Contains("container 'runtime'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_is_made_from_a_typed_one()
    {
        var typed = new V1PodTemplateSpec
        {
            Metadata = new() { Annotations = new Dictionary<string, string> { ["a"] = "b" } },
            Spec = new() { Containers = [new() { Name = "runtime", Image = "i" }], NodeSelector = new Dictionary<string, string> { ["disk"] = "fast" } },
        };
        Assert.Equal(KubernetesJson.Serialize(typed), KubernetesJson.Serialize(PodTemplate.From(typed).ToPodTemplateSpec()));
    }

    [Fact]
    public void A_pool_serves_its_own_namespace_and_those_it_allows()
    {
        Assert.True(new RuntimePoolSpec().Allows("a", "a"));
        Assert.False(new RuntimePoolSpec().Allows("a", "b"));
        Assert.True(new RuntimePoolSpec { AllowedNamespaces = ["b"] }.Allows("a", "b"));
        Assert.False(new RuntimePoolSpec { AllowedNamespaces = ["b"] }.Allows("a", "c"));
        Assert.True(new RuntimePoolSpec { AllowedNamespaces = ["*"] }.Allows("a", "c"));
    }

    [Fact]
    public void A_pool_is_looked_for_at_home_first_and_then_where_the_manager_is()
    {
        Assert.Equal([("shop", "default"), ("podpool-system", "default")], PoolReference.Parse("default").Candidates("shop", "podpool-system"));
        Assert.Equal([("podpool-system", "default")], PoolReference.Parse("default").Candidates("podpool-system", "podpool-system"));
        Assert.Equal([("big", "large")], PoolReference.Parse("big/large").Candidates("shop", "podpool-system"));
        Assert.All(["", "/", "a/", "/b", "a/b/c"], text => Assert.Throws<FormatException>(() => PoolReference.Parse(text)));
    }

    private static PodTemplate TemplateWith(string quantity) =>
        Template("""{"containers":[{"name":"runtime","image":"x","resources":{"limits":{"cpu":?}}}]}""".Replace("?", quantity, StringComparison.Ordinal));

    private static PodTemplate Template(string spec) => KubernetesJson.Deserialize<PodTemplate>($$"""{"spec":{{spec}}}""");

    private static void AssertSame(string expected, string actual)
    {
        if (!JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)))
        {
            Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual);
        }
    }
}
