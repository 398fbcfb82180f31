using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Packages;

namespace PodPool.Cli.Tests.Clusters;

/// <summary>The whole way: command line, API server, forwarded port, manager, registry.</summary>
public sealed class ClusterVerbTests
{
    [Fact]
    public async Task A_deploy_puts_the_package_into_the_registry_applies_the_function_and_waits_until_it_is_ready()
    {
        using var registry = await RegistryProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartManagerAsync("m1", $"http://{registry.Host}/packages");

        Assert.True(
            await cluster.RunAsync(
                "deploy", Repository.PublishedSample("Hello"), "--name", "hello", "--env", "A=1", "--env-secret", "T=tokens/t", "--concurrency", "7", "--max", "3", "--timeout", "90",
                "--wait", "0", "--output", "json") == ExitCode.Ok,
            cluster.Terminal.Error);

        var spec = cluster.Function("hello")!["spec"]!;
        Assert.Matches($"^{registry.Host}/packages/shop/hello@sha256:[0-9a-f]{{64}}$", (string)spec["package"]!["image"]!);
        Assert.Equal("""{"name":"A","value":"1"}""", spec["env"]![0]!.ToJsonString());
        Assert.Equal("tokens", (string)spec["env"]![1]!["valueFrom"]!["secretKeyRef"]!["name"]!);
        Assert.Equal((7, 3, "90s"), ((int)spec["concurrency"]!, (int)spec["scale"]!["max"]!, (string)spec["timeout"]!));

        // Without the Secret it is not ready, and says so; without the variable it is.
        Assert.Equal(ExitCode.Failed, await cluster.RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello", "--env-secret", "T=tokens/t"));
        Assert.Contains("tokens", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.True(await cluster.RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello") == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Contains("http://hello.shop.svc", cluster.Terminal.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await cluster.RunAsync("list"));
        Assert.Contains("shop/hello", cluster.Terminal.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await cluster.RunAsync("describe", "hello"));

        Assert.Equal(ExitCode.Ok, await cluster.RunAsync("delete", "hello"));
        Assert.Null(cluster.Function("hello"));
        Assert.Equal(ExitCode.NotFound, await cluster.RunAsync("delete", "hello"));
    }

    [Fact]
    public async Task Without_a_registry_nothing_is_deployed_and_the_reason_says_so()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartManagerAsync("m1");

        Assert.Equal(ExitCode.Failed, await cluster.RunAsync("deploy", Repository.PublishedSample("Hello"), "--name", "hello"));

        Assert.Contains("REGISTRY_MISSING", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Null(cluster.Function("hello"));
    }

    [Fact]
    public async Task A_pool_is_scaled_with_the_users_own_rights()
    {
        await using var cluster = await TestCluster.StartAsync();

        Assert.True(await cluster.RunAsync("pool", "resize", "default", "--warm", "9") == ExitCode.Ok, cluster.Terminal.Error);

        Assert.Equal("9", cluster.Server.Store.Find(TestCluster.Pools, new(TestCluster.Installation, "default"))!.Text("spec", "size", "warm"));
        Assert.Contains("podpool-system/default keeps 9 warm pods", cluster.Terminal.Out, StringComparison.Ordinal);
        Assert.Contains(cluster.Server.Requests, request => request is { User: "test", Verb: "patch", Below: "scale" });
        Assert.Equal(ExitCode.NotFound, await cluster.RunAsync("pool", "resize", "other", "--warm", "9"));
    }

    [Fact]
    public async Task A_function_is_invoked_through_a_forwarded_port_of_a_router()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(ExitCode.Unreachable, await cluster.RunAsync("invoke", "hello"));
        Assert.Contains("no router is ready", cluster.Terminal.Error, StringComparison.Ordinal);
        await cluster.StartRouterAsync(async context => await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path} {await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted)}"));

        Assert.True(await cluster.RunAsync("invoke", "hello", "--path", "x", "--data", "body") == ExitCode.Ok, cluster.Terminal.Error);

        Assert.Contains("POST /shop/hello/x body", cluster.Terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_leader_is_found_when_the_one_before_is_gone()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartManagerAsync("m1");
        Assert.True(await cluster.RunAsync("pool", "list") == ExitCode.Ok, cluster.Terminal.Error);
        await cluster.StartManagerAsync("m2");
        await cluster.StopManagerAsync("m1");

        Assert.True(await cluster.RunAsync("pool", "list") == ExitCode.Ok, cluster.Terminal.Error);

        Assert.Contains(cluster.Server.Requests, request => request is { User: "test", Name: "m2", Below: "portforward" });
    }

    [Fact]
    public async Task A_cluster_without_an_installation_is_said_to_be_one()
    {
        await using var cluster = await TestCluster.StartAsync();

        Assert.Equal(ExitCode.Unreachable, await cluster.RunAsync("list"));
        Assert.Contains("PodPool is not installed in the namespace 'podpool-system' of 'test'", cluster.Terminal.Error, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Unreachable, await cluster.RunAsync("list", "--installation", "other"));
        Assert.Contains("'other'", cluster.Terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "Forbidden", ExitCode.Failed, "cannot get resource \"leases\"")]
    [InlineData(401, "Unauthorized", ExitCode.Failed, "(401)")]
    public async Task A_refusal_is_told_in_the_servers_words(int code, string reason, int exit, string words)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Server.Fail(request => request.Kind == TestCluster.Leases
            ? new FakeFault.Refused(code, reason, "leases.coordination.k8s.io \"podpool-manager\" is forbidden: User \"test\" cannot get resource \"leases\"")
            : null);

        Assert.Equal(exit, await cluster.RunAsync("list"));

        Assert.Contains(words, cluster.Terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_right_to_forward_ports_is_named()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartManagerAsync("m1");
        cluster.Server.Fail(request => request.Below == "portforward" ? new FakeFault.Refused(403, "Forbidden") : null);

        Assert.Equal(ExitCode.Failed, await cluster.RunAsync("list"));

        Assert.Contains("cannot get pods/portforward", cluster.Terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_api_server_that_is_down_is_its_own_exit_code()
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.Server.DisposeAsync();

        Assert.Equal(ExitCode.Unreachable, await cluster.RunAsync("delete", "hello"));

        Assert.Contains("the API server does not answer", cluster.Terminal.Error, StringComparison.Ordinal);
        cluster.Terminal.Dispose();
    }

    [Fact]
    public async Task A_check_looks_at_everything_and_asks_the_manager_for_its_registry()
    {
        using var registry = await RegistryProcess.StartAsync();
        await using var cluster = await TestCluster.StartAsync();
        await cluster.StartManagerAsync("m1", $"http://{registry.Host}");
        cluster.Server.Texts["/version"] = """{"major":"","minor":"","gitVersion":"v1.20.2"}""";
        cluster.Server.Texts["/apis/podpool.dev/v1alpha1"] = """{"resources":[{"name":"functions"},{"name":"functions/status"},{"name":"runtimepools"},{"name":"runtimepools/status"},{"name":"runtimepools/scale"}]}""";
        cluster.Server.Allows = (verb, _, resource) => (verb, resource) != ("delete", "functions");

        // The parts that are no objects here are missing: so it ends as unsound.
        Assert.Equal(ExitCode.Unsound, await cluster.RunAsync("check", "--output", "json"));

        using var json = JsonDocument.Parse(cluster.Terminal.Out);
        var findings = json.RootElement.GetProperty("findings").EnumerateArray()
            .Select(finding => $"{finding.GetProperty("level").GetString()} {finding.GetProperty("about").GetString()}: {finding.GetProperty("message").GetString()}").ToList();
        Assert.Contains("ok API server: it answers: v1.20.2", findings);
        Assert.Contains("warning rights: you may not delete functions.podpool.dev in the namespace 'shop', which `podpool delete` needs", findings);
        Assert.Contains("error namespace: there is no namespace 'podpool-system': PodPool is not installed there", findings);

        cluster.Server.Store.Create(new k8s.Models.V1Namespace { Metadata = new() { Name = TestCluster.Installation, Labels = new Dictionary<string, string> { ["pod-security.kubernetes.io/enforce"] = "restricted" } } });
        using var again = new TestTerminal();
        again["KUBECONFIG"] = Path.Combine(cluster.Terminal.Folder, "config");
        Assert.Equal(ExitCode.Unsound, await again.RunAsync("check"));
        Assert.Contains("leader: m1 leads, and renews its lease", again.Out, StringComparison.Ordinal);
        Assert.Contains($"registry: http://{registry.Host} answers the manager", again.Out, StringComparison.Ordinal);
        Assert.Contains("pools: podpool-system/default: 0 of 0 pods are warm", again.Out, StringComparison.Ordinal);

        registry.Stop();
        Assert.Equal(ExitCode.Unsound, await again.RunAsync("check"));
        Assert.Contains($"registry: http://{registry.Host} does not serve the manager", again.Out, StringComparison.Ordinal);
    }
}
