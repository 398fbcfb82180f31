using k8s;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

public sealed class ResourceRulesTests
{
    [Theory]
    [InlineData("""{}""", null)]
    [InlineData("""{"size":{"warm":4,"max":4}}""", null)]
    [InlineData("""{"size":{"auto":{}}}""", null)]
    [InlineData("""{"size":{"auto":{"missProbability":0}}}""", "spec.size.auto.missProbability must be more than 0 and less than 1. It is 0")]
    [InlineData("""{"size":{"auto":{"min":5,"max":4}}}""", "spec.size.auto.max must be 5 or more")]
    [InlineData("""{"size":{"schedules":[{"cron":"0 8 * * 1-5","duration":"10h","warm":8,"timeZone":"Europe/Berlin"}]}}""", null)]
    [InlineData("""{"size":{"schedules":[{"cron":"at eight","duration":"10h","warm":8}]}}""", "spec.size.schedules.cron must be five fields: minute, hour, day of month, month, day of week. It is at eight")]
    [InlineData("""{"size":{"schedules":[{"cron":"0 0 30 2 *","duration":"10h","warm":8}]}}""", "spec.size.schedules.cron must be a time that comes. It is 0 0 30 2 *")]
    [InlineData("""{"size":{"schedules":[{"cron":"0 8 * * *","duration":"soon","warm":8}]}}""", "spec.size.schedules.duration is 'soon'")]
    [InlineData("""{"size":{"schedules":[{"cron":"0 8 * * *","duration":"1h","warm":8,"timeZone":"Europe/Atlantis"}]}}""", "spec.size.schedules.timeZone must be a time zone that this machine knows")]
    [InlineData("""{"size":{"reserve":[{"namespace":"a","function":"b","warm":1},{"namespace":"a","function":"b","warm":2}]}}""", "spec.size.reserve names a/b twice")]
    [InlineData("""{"size":{"warm":4,"max":3}}""", "spec.size.max is 3, less than spec.size.warm, 4")]
    [InlineData("""{"prefetch":"2Gi"}""", "spec.prefetch is '2Gi'; 0 to 1Gi are allowed")]
    [InlineData("""{"memory":0}""", "spec.memory is '0'; 1Mi to 1Ti are allowed")]
    [InlineData("""{"refill":{"perSecond":0.001}}""", "spec.refill.perSecond is 0.001; 0.01 to 1000 are allowed")]
    [InlineData("""{"drainGrace":"2h"}""", "spec.drainGrace is '2h'; 0s to 1h are allowed")]
    [InlineData("""{"startDeadline":"0s"}""", "spec.startDeadline is '0s'; 1s to 1h are allowed")]
    [InlineData("""{"template":{"spec":{"containers":[]}}}""", "no container 'runtime'")]
    public void A_pool_outside_what_is_allowed_is_told_what_would_be_right(string spec, string? problem)
    {
        const string Template = """{"template":{"spec":{"containers":[{"name":"runtime","image":"x"}]}}""";
        var json = spec.Contains("template", StringComparison.Ordinal) ? spec : spec == "{}" ? Template + "}" : Template + "," + spec[1..];
        AssertProblem(problem, ResourceRules.ProblemsOf(KubernetesJson.Deserialize<RuntimePoolSpec>(json)));
    }

    [Theory]
    [InlineData("""{"package":{"image":"x"}}""", null)]
    [InlineData("""{"package":{"url":"x","sha256":"y"},"env":[{"name":"A","value":""},{"name":"B","valueFrom":{"secretKeyRef":{"name":"n","key":"k"}}}]}""", null)]
    [InlineData("""{"package":{}}""", "exactly one of image or url")]
    [InlineData("""{"package":{"image":"x","url":"x","sha256":"y"}}""", "exactly one of image or url")]
    [InlineData("""{"package":{"url":"x"}}""", "belong together")]
    [InlineData("""{"package":{"image":"x","sha256":"y"}}""", "belong together")]
    [InlineData("""{"package":{"image":"x"},"pool":"a/b/c"}""", "'name' or 'namespace/name'")]
    [InlineData("""{"package":{"image":"x"},"scale":{"min":2,"max":1}}""", "spec.scale.max is 1, less than spec.scale.min, 2")]
    [InlineData("""{"package":{"image":"x"},"scale":{"idleTimeout":"5"}}""", "spec.scale.idleTimeout is '5', which is no duration")]
    [InlineData("""{"package":{"image":"x"},"timeout":"25h"}""", "spec.timeout is '25h'; 0s to 24h are allowed")]
    [InlineData("""{"package":{"image":"x"},"env":[{"name":"podpool_x","value":"1"}]}""", "PODPOOL_")]
    [InlineData("""{"package":{"image":"x"},"env":[{"name":"A"}]}""", "spec.env[A] needs exactly one of value or valueFrom")]
    [InlineData("""{"package":{"image":"x"},"env":[{"name":"A","value":"","valueFrom":{"secretKeyRef":{"name":"n","key":"k"}}}]}""", "spec.env[A] needs exactly one of value or valueFrom")]
    [InlineData("""{"package":{"image":"x"},"env":[{"name":"A","valueFrom":{}}]}""", "exactly one of secretKeyRef or configMapKeyRef")]
    public void A_function_outside_what_is_allowed_is_told_what_would_be_right(string spec, string? problem) =>
        AssertProblem(problem, ResourceRules.ProblemsOf(KubernetesJson.Deserialize<FunctionResourceSpec>(spec)));

    private static void AssertProblem(string? problem, IReadOnlyList<string> problems)
    {
        if (problem is null)
        {
            Assert.Empty(problems);
        }
        else
        {
            Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
        }
    }
}
