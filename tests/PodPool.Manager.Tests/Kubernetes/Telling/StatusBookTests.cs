using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Kubernetes.Pods;

namespace PodPool.Manager.Tests.Kubernetes.Telling;

/// <summary>When a status is written.</summary>
public sealed class StatusBookTests
{
    private static readonly FakeKind Pools = new(CustomResources.Group, CustomResources.Version, RuntimePoolResource.KubePluralName);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_goes_beside_a_status_is_no_reason_to_write_it_and_stays_when_it_is_written_without()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var pool = PodManifestTests.Pool("""{"containers":[{"name":"runtime","image":"i"}]}""");
        var name = ObjectName.Of(pool);
        server.Store.Create(pool);
        var recorder = new EventRecorder(api, "m", TimeProvider.System, NullLogger<EventRecorder>.Instance);
        var book = new StatusBook<RuntimePoolResource, RuntimePoolStatus>(api.Resource<RuntimePoolResource>(), recorder);
        Task<bool> WriteAsync(int warm, string? learnt) => book.WriteAsync(
            name, pool, new() { Warm = warm, Size = new() { Why = "w" } }, Test, learnt is null ? null : status => status["size"]!["learnt"] = learnt);
        string? Learnt() => server.Store.Find(Pools, name)!.Text("status", "size", "learnt");

        Assert.True(await WriteAsync(1, null));
        Assert.False(await WriteAsync(1, "a"));
        Assert.Null(Learnt());
        Assert.True(await WriteAsync(2, "a"));
        Assert.Equal("a", Learnt());
        Assert.False(await WriteAsync(2, null));
        Assert.True(await WriteAsync(3, null));
        Assert.Equal("a", Learnt());
        Assert.Equal(3, server.Requests.Count(request => request.Below == "status"));
    }
}
