using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Api;

public sealed class ConnectTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public async Task A_kubeconfig_says_where_and_as_whom_and_its_contexts_can_be_chosen()
    {
        await using var server = await FakeApiServer.StartAsync();
        await File.WriteAllTextAsync(
            _file,
            $$"""
            apiVersion: v1
            kind: Config
            current-context: other
            clusters: [{name: here, cluster: {server: "{{server.Address}}" } }]
            users: [{name: one, user: {token: first} }, {name: two, user: {token: second} }]
            contexts:
            - {name: mine, context: {cluster: here, user: one, namespace: podpool-system} }
            - {name: other, context: {cluster: here, user: two} }
            """,
            TestContext.Current.CancellationToken);
        using (var api = Connect(new() { KubeConfig = _file, Context = "mine" }))
        {
            Assert.Equal("podpool-system", api.Namespace);
            await api.Resource<Widget>().ListAsync(0, null, TestContext.Current.CancellationToken);
        }

        using (var api = Connect(new() { KubeConfig = _file }))
        {
            Assert.Equal("default", api.Namespace);
            await api.Resource<Widget>().ListAsync(0, null, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["first", "second"], server.Requests.Select(request => request.User));
    }

    [Fact]
    public void What_cannot_be_read_is_said()
    {
        Assert.Contains("no kubeconfig file '/nowhere'", Assert.Throws<ManagerOptionsException>(() => Connect(new() { KubeConfig = "/nowhere" })).Message, StringComparison.Ordinal);
        File.WriteAllText(_file, "apiVersion: v1\nkind: Config\nclusters: []\n");
        Assert.Contains("context", Assert.Throws<ManagerOptionsException>(() => Connect(new() { KubeConfig = _file, Context = "absent" })).Message, StringComparison.OrdinalIgnoreCase);
        File.WriteAllText(_file, "{ this is no kubeconfig");
        Assert.Throws<ManagerOptionsException>(() => Connect(new() { KubeConfig = _file }));
    }

    public void Dispose() => File.Delete(_file);

    private static KubernetesApi Connect(KubernetesApiOptions options) => KubernetesApi.Connect(options, null, TimeProvider.System, NullLogger<KubernetesApi>.Instance);
}
