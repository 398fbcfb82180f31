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
    public async Task A_leader_that_is_not_there_is_looked_for_again_and_then_said_to_be_missing(string? holder, string words)
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Store.Create(new V1Lease { Metadata = new() { Name = LeaderPort.LeaseName, NamespaceProperty = "podpool-system" }, Spec = new() { HolderIdentity = holder } });
        using var cluster = new Cluster(new("test", new KubernetesClientConfiguration { Host = server.Address }), "podpool-system", TimeProvider.System);
        using var leader = new LeaderPort(cluster) { Patience = TimeSpan.FromMilliseconds(400) };

        var failure = await Assert.ThrowsAsync<CliException>(() => leader.ConnectAsync(Test).AsTask());

        Assert.Equal(ExitCode.Unreachable, failure.ExitCode);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.True(server.Requests.Count(request => request.Kind == TestCluster.Leases) > 1);
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
