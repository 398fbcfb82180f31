using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts.Wire;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Installing;

/// <summary>The Secret of routers, as it stands on the API server.</summary>
public sealed class PeerSecretTests
{
    private static readonly FakeKind Secrets = new("", "v1", "secrets");

    private readonly ConcurrentClock _time = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Who_leads_writes_it_and_renews_it_in_time_and_who_stands_by_does_not()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect("manager");
        var installation = await InstallationSecret.OpenAsync(api.Resource<V1Secret>(), "podpool-system", _time, ManagerUnderTest.Test);
        var leadership = new Leadership();
        var secret = new PeerSecrets(
            api, new() { Namespace = "podpool-system", Identity = "a", Operators = "http://127.0.0.1:1" }, installation, leadership, _time, NullLogger<PeerSecrets>.Instance);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ManagerUnderTest.Test);
        var running = secret.RunAsync(ending.Token);
        await _time.AdvanceUntilAsync(() => _time.GetUtcNow().Minute == 1, TimeSpan.FromSeconds(10));
        Assert.Null(Read());

        // It may be kept from writing: that is tried again.
        server.Fail(request => request.Kind == Secrets && request.Verb == "patch" ? new FakeFault.Refused(403, "Forbidden") : null, times: 2);
        leadership.Begin(1);
        await _time.AdvanceUntilAsync(() => Read() is not null, TimeSpan.FromMilliseconds(100));
        var first = Read()!.Value;
        Assert.Equal(installation.Authority.CertificatePem.Trim(), first.Authorities.Trim());
        Assert.True(first.Certificate.MatchesHostname(InstallationTls.RouterName));
        Assert.True(first.Certificate.HasPrivateKey);
        await _time.AdvanceUntilAsync(() => Read(PeerSecrets.Door) is not null, TimeSpan.FromMilliseconds(100));
        Assert.True(Read(PeerSecrets.Door)!.Value.Certificate.MatchesHostname(InstallationTls.DoorName));

        // At two thirds of its life, and not before.
        var due = CertificateLife.Of(first.Certificate).DueAt;
        await _time.AdvanceUntilAsync(() => _time.GetUtcNow() > due - TimeSpan.FromHours(2), TimeSpan.FromHours(1));
        Assert.Equal(first.Certificate.Thumbprint, Read()!.Value.Certificate.Thumbprint);
        await _time.AdvanceUntilAsync(() => Read()!.Value.Certificate.Thumbprint != first.Certificate.Thumbprint, TimeSpan.FromMinutes(10));
        Assert.InRange(_time.GetUtcNow(), due, due + TimeSpan.FromHours(2));

        Assert.DoesNotContain(server.Requests, request => request.Kind == Secrets && request.Name == PeerSecrets.Router && request.Verb != "patch");
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        (X509Certificate2 Certificate, string Authorities)? Read(string name = PeerSecrets.Router) => server.Store.Find(Secrets, new("podpool-system", name)) is { } found
            ? (X509Certificate2.CreateFromPem(Entry(found, "tls.crt"), Entry(found, "tls.key")), Entry(found, "ca.crt"))
            : null;
    }

    private static string Entry(FakeObject secret, string name) => Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", name)!));
}
