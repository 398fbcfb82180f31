using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Wire;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;
using PodPool.Router;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>Real managers and real routers over TLS: who gets in, who does not, and what becomes of it when certificates change.</summary>
public sealed class ClusterRouterTests : IDisposable
{
    private static readonly FakeKind Secrets = new("", "v1", "secrets");

    /// <summary>The preface of HTTP/2 (RFC 9113, section 3.4) with settings that set nothing.</summary>
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly TemporaryFolder _folder = new();
    private readonly Lines _lines = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_router_waits_for_its_certificate_and_says_so_once_and_then_talks_with_all_managers()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        var first = await cluster.StartManagerAsync("a", tls: true);
        await cluster.UntilAsync(() => cluster.Server.Store.Find(Secrets, new("podpool-system", PeerSecrets.Router)) is not null);
        cluster.Declare("hello", Compiled.Hello("hi"));
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        await using var second = await cluster.StartManagerAsync("b", tls: true);
        await using var router = await StartRouterAsync($"{first.Address},{second.Address}");
        await _lines.UntilAsync("CertificateAwaited");

        // It looked again meanwhile: what is missing now is another file.
        Write("tls.crt", "x");
        await Eventually.IsSoAsync(() => _lines.Count("CertificateAwaited") == 2);
        Assert.Equal(0, first.RouterCount);

        // As the kubelet brings it.
        var secret = cluster.Server.Store.Find(Secrets, new("podpool-system", PeerSecrets.Router))!;
        foreach (var name in new[] { "tls.crt", "tls.key", "ca.crt" })
        {
            Write(name, Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", name)!)));
        }

        await AnswersAsync(router, "hello", "hi ");
        Assert.Equal(2, _lines.Count("CertificateAwaited"));

        // Who stands by serves them too, and is followed when it leads.
        Assert.True(await GetsInAsync(second, second.Authority.IssueRouter(TimeProvider.System)));
        await first.DisposeAsync();
        await Eventually.IsSoAsync(() => second.RouterCount == 1);
        cluster.Declare("later", Compiled.Hello("later"));
        await AnswersAsync(router, "later", "later ");
    }

    [Fact]
    public async Task Only_who_shows_a_routers_certificate_of_the_installation_gets_in()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a", tls: true);
        var authority = manager.Authority;
        using var other = CertificateAuthority.Create(TimeProvider.System);
        var pod = authority.IssueServer(LoaderName.Of("default", "podpool-system"), TimeProvider.System);

        Assert.True(await GetsInAsync(manager, authority.IssueRouter(TimeProvider.System)));
        Assert.False(await GetsInAsync(manager, own: null));
        Assert.False(await GetsInAsync(manager, pod));
        Assert.False(await GetsInAsync(manager, authority.IssueClient(TimeProvider.System)));
        Assert.False(await GetsInAsync(manager, authority.IssueServer(InstallationTls.RouterName, TimeProvider.System)));
        Assert.False(await GetsInAsync(manager, other.IssueRouter(TimeProvider.System)));
        Assert.True(await GetsInAsync(manager, authority.IssueRouter(TimeProvider.System)));

        // Who speaks no TLS gets no answer either.
        await using var plain = await PodAddress.ConnectAsync(PodAddress.Parse(manager.Address, out _), Test);
        await plain.WriteAsync(Preface, Test);
        Assert.InRange(await ReadAsync(plain), 0, 7);
    }

    [Fact]
    public async Task A_router_finds_there_what_routers_ask_and_a_door_what_doors_do()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a", tls: true);
        using var router = new ManagerClient(manager.Address, ClusterManager.CallWith(manager.Authority.IssueRouter(TimeProvider.System), manager.Authority));
        using var door = new ManagerClient(manager.Address, ClusterManager.CallWith(manager.Authority.IssueDoor(TimeProvider.System), manager.Authority));

        using var asRouter = await TestRouter.ConnectAsync(router);
        using var asDoor = await TestDoor.ConnectAsync(door);
        Assert.True((await asRouter.NextAsync()).Snapshot);
        Assert.True((await asDoor.NextAsync()).Snapshot);

        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(async () =>
        {
            using var doorAsRouter = await TestRouter.ConnectAsync(door);
            await doorAsRouter.NextAsync();
        }));
        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(async () =>
        {
            using var routerAsDoor = await TestDoor.ConnectAsync(router);
            await routerAsDoor.NextAsync();
        }));
    }

    /// <summary>With what a stream is refused. Before the greeting is written, or after; while it is being written, the client only knows that it was cut off.</summary>
    private static async Task<StatusCode> RefusalAsync(Func<Task> talk)
    {
        while (true)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(talk);
            if (refused.StatusCode != StatusCode.Cancelled)
            {
                return refused.StatusCode;
            }
        }
    }

    [Fact]
    public async Task A_router_believes_nobody_but_the_manager()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a", tls: true);
        var (authority, trust) = (manager.Authority, TrustBundle.Of(manager.Authority));
        using var other = CertificateAuthority.Create(TimeProvider.System);
        Write(authority.IssueRouter(TimeProvider.System), trust);

        // A pod of the installation at the manager's address, a manager of another installation; and then the one that is meant.
        manager.Security.Use(authority.IssueServer(LoaderName.Of("default", "podpool-system"), TimeProvider.System), trust);
        await using var router = await StartRouterAsync(manager.Address);
        await _lines.UntilAsync("RemoteCertificateNameMismatch");
        manager.Security.Use(other.IssueServer(InstallationTls.ManagerName, TimeProvider.System), trust);
        await using var next = await StartRouterAsync(manager.Address);
        await _lines.UntilAsync("PartialChain");
        Assert.Equal(0, manager.RouterCount);

        manager.Security.Use(authority.IssueServer(InstallationTls.ManagerName, TimeProvider.System), trust);
        await Eventually.IsSoAsync(() => manager.RouterCount == 2);
    }

    [Fact]
    public async Task A_new_certificate_of_a_new_authority_is_shown_by_the_next_connection_and_the_open_one_lives_on()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a", tls: true);
        await using var relay = new Relay(PodAddress.Parse(manager.Address, out _));
        Write(manager.Authority.IssueRouter(TimeProvider.System), TrustBundle.Of(manager.Authority));
        await using var router = await StartRouterAsync($"https://{relay.EndPoint}");
        cluster.Declare("first", Compiled.Hello("first"));
        await AnswersAsync(router, "first", "first ");

        // From now on nobody takes what was issued before.
        using var next = CertificateAuthority.Create(TimeProvider.System);
        manager.Security.Use(next.IssueServer(InstallationTls.ManagerName, TimeProvider.System), TrustBundle.Of(next));
        Write(next.IssueRouter(TimeProvider.System), TrustBundle.Of(next));
        cluster.Declare("second", Compiled.Hello("second"));
        await AnswersAsync(router, "second", "second ");
        Assert.Equal(0, _lines.Count("CertificateRenewed"));

        // Two first requests, and none of them had to wait for a handshake.
        Assert.Equal(1, relay.Connections);

        relay.Cut();
        await _lines.UntilAsync("CertificateRenewed");
        await Eventually.IsSoAsync(() => manager.RouterCount == 1);
        cluster.Declare("third", Compiled.Hello("third"));
        await AnswersAsync(router, "third", "third ");
    }

    public void Dispose() => _folder.Dispose();

    private async Task<WebApplication> StartRouterAsync(string managers)
    {
        var router = RouterHost.Build(
            new() { Manager = managers, ManagerCertificate = _folder.Path, Listen = ["http://127.0.0.1:0"], ShutdownTime = TimeSpan.FromSeconds(1) },
            builder => builder.Logging.AddProvider(_lines));
        await router.StartAsync(Test);
        return router;
    }

    /// <summary>Waits until the router knows the function, and has it answered.</summary>
    private static async Task AnswersAsync(WebApplication router, string function, string beginning)
    {
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new(RouterHost.AddressesOf(router)[0]) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Test);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var answer = await client.GetAsync($"/shop/{function}", patience.Token);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                Assert.StartsWith(beginning, await answer.Content.ReadAsStringAsync(patience.Token), StringComparison.Ordinal);
                return;
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Whether a word of HTTP comes back.</summary>
    private static async Task<bool> GetsInAsync(ClusterManager manager, IssuedCertificate? own)
    {
        try
        {
            // The client's half of a TLS 1.3 handshake is over before the server has judged its certificate.
            await using var stream = await InstallationTls.ConnectAsync(PodAddress.Parse(manager.Address, out _), ClusterManager.CallWith(own, manager.Authority), Test);
            await stream.WriteAsync(Preface, Test);
            return await ReadAsync(stream) > 0;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            Assert.DoesNotContain("remote certificate", exception.Message, StringComparison.OrdinalIgnoreCase);
            return false;
        }
    }

    private static async Task<int> ReadAsync(Stream stream)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Test);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            return await stream.ReadAsync(new byte[64], patience.Token);
        }
        catch (IOException)
        {
            // Reset.
            return 0;
        }
    }

    private void Write(IssuedCertificate own, TrustBundle trust)
    {
        Write("tls.crt", own.CertificatePem);
        Write("tls.key", own.KeyPem);
        Write("ca.crt", trust.Pem);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.Path, name), text);

    /// <summary>What routers log, by the names of events and by their text.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public int Count(string word) => _lines.Count(line => line.Contains(word, StringComparison.Ordinal));

        public Task UntilAsync(string word) => Eventually.IsSoAsync(() => Count(word) > 0);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => _lines.Enqueue($"{eventId.Name} {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
