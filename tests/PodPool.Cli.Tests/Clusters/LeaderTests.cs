using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using k8s;
using k8s.Models;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Cli.Tests.Clusters;

public sealed class LeaderTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "no manager leads")]
    [InlineData("gone", "the manager gone, which leads by its Lease, cannot be reached")]
    public async Task A_leader_that_is_not_there_is_said_to_be_missing_after_a_while(string? holder, string words)
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Store.Create(new V1Lease { Metadata = new() { Name = LeaderPort.LeaseName, NamespaceProperty = "podpool-system" }, Spec = new() { HolderIdentity = holder } });
        using var cluster = new Cluster(new("test", new KubernetesClientConfiguration { Host = server.Address }), "podpool-system", TimeProvider.System);
        using var leader = new LeaderPort(cluster) { Patience = TimeSpan.FromMilliseconds(400) };

        var failure = await Assert.ThrowsAsync<CliException>(() => leader.ConnectAsync(Test).AsTask());

        Assert.Equal(ExitCode.Unreachable, failure.ExitCode);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_is_taken_meanwhile_leads_to_who_took_it()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Store.Create(new V1Lease { Metadata = new() { Name = LeaderPort.LeaseName, NamespaceProperty = "podpool-system" }, Spec = new() });
        server.Store.Create(new V1Pod { Metadata = new() { Name = "m1", NamespaceProperty = "podpool-system" } });
        var looks = 0;
        server.Fail(request =>
        {
            if (request.Kind == TestCluster.Leases && ++looks == 2)
            {
                server.Store.Patch(request.Kind, request.ObjectName, new() { ["spec"] = new JsonObject { ["holderIdentity"] = "m1" } });
            }

            return null;
        });
        using var cluster = new Cluster(new("test", new KubernetesClientConfiguration { Host = server.Address }), "podpool-system", TimeProvider.System);
        using var leader = new LeaderPort(cluster) { Patience = TimeSpan.FromMinutes(1) };

        await using var stream = await leader.ConnectAsync(Test);

        Assert.Equal(2, looks);
        Assert.Contains(server.Requests, request => request is { Name: "m1", Below: "portforward" });
    }

    [Fact]
    public async Task Who_leads_no_more_is_asked_again_and_other_failures_are_not()
    {
        using var cluster = new Cluster(new("test", new KubernetesClientConfiguration { Host = "http://127.0.0.1:1" }), "podpool-system", TimeProvider.System);
        var retry = new LeaderRetry(cluster.Leader, TimeProvider.System);
        var marshaller = Marshallers.Create<object>(_ => [], _ => new());
        var context = new ClientInterceptorContext<object, object>(new(MethodType.Unary, "s", "m", marshaller, marshaller), null, new CallOptions(cancellationToken: Test));
        var asked = 0;

        await retry.AsyncUnaryCall(new object(), context, (_, _) => Answer(++asked < 3 ? Reason.NotLeader : null));
        Assert.Equal(3, asked);

        asked = 0;
        await Assert.ThrowsAsync<RpcException>(async () => await retry.AsyncUnaryCall(new object(), context, (_, _) => Answer(++asked > 0 ? Reason.RegistryUnavailable : null)));
        Assert.Equal(1, asked);
    }

    private static AsyncUnaryCall<object> Answer(Reason? reason) => new(
        reason is { } failed ? Task.FromException<object>(failed.ToException("injected")) : Task.FromResult(new object()), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
}
