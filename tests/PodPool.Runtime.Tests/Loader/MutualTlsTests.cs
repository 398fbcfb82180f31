using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Loader;

/// <summary>Real pods whose loaders speak TLS: who gets in, who does not.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(TimeProvider.System);
    private readonly CertificateFolder _folder;

    public MutualTlsTests() => _folder = CertificateFolder.Of(_authority);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private SslClientAuthenticationOptions Manager => CertificateFolder.Client(_authority.IssueClient(TimeProvider.System), _authority);

    [Fact]
    public async Task The_manager_specializes_a_rehearsed_pod()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager, rehearse: true);
        var warm = await pod.UntilAsync(PodPhase.PodWarm);
        Assert.True(warm.Rehearsal.ToTimeSpan() > TimeSpan.Zero);

        await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);

        Assert.Equal("hello you", await pod.Functions.GetStringAsync("/?name=you", Test));
    }

    [Fact]
    public async Task Anybody_else_is_refused_before_a_word_of_HTTP_and_the_pod_is_as_warm_as_before()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager);
        await pod.UntilAsync(PodPhase.PodWarm);
        using var other = CertificateAuthority.Create(TimeProvider.System);
        var past = new FakeTimeProvider(TimeProvider.System.GetUtcNow() - CertificateAuthority.LeafLife - TimeSpan.FromHours(1));
        using var old = CertificateAuthority.Create(new FakeTimeProvider(past.GetUtcNow() - TimeSpan.FromHours(1)));
        var server = _authority.IssueServer(CertificateFolder.PoolName, TimeProvider.System);
        _folder.Write(server.CertificatePem, server.KeyPem, TrustBundle.Of(_authority, old).Pem);

        // The old authority is trusted: what it issues now gets in, so that what it issued then fails for its age alone.
        await AnswersAsync(pod, CertificateFolder.Client(old.IssueClient(TimeProvider.System), _authority));
        await RefusedAsync(pod, CertificateFolder.Client(own: null, _authority));
        await RefusedAsync(pod, CertificateFolder.Client(other.IssueClient(TimeProvider.System), _authority));
        await RefusedAsync(pod, CertificateFolder.Client(old.IssueClient(past), _authority));
        await RefusedAsync(pod, CertificateFolder.Client(server, _authority));
        await RefusedAsync(pod, CertificateFolder.Client(_authority.IssueRouter(TimeProvider.System), _authority));
        await RefusedAsync(pod, CertificateFolder.Client(SelfMade($"CN={InstallationTls.ManagerName}"), _authority));

        Assert.Equal(PodPhase.PodWarm, (await pod.StatusAsync()).Phase);
        await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);
    }

    [Fact]
    public async Task Nobody_gets_in_as_the_rehearsal()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager, rehearse: true, ("DOTNET_ReadyToRun", "0"));
        await pod.LogAsync("Listening");

        await RefusedAsync(pod, CertificateFolder.Client(SelfMade("CN=rehearsal"), _authority));

        // It was still rehearsing.
        Assert.Equal(PodPhase.PodStarting, (await pod.StatusAsync()).Phase);
        await pod.UntilAsync(PodPhase.PodWarm);
        await RefusedAsync(pod, CertificateFolder.Client(SelfMade("CN=rehearsal"), _authority));
    }

    [Fact]
    public async Task One_authority_takes_over_from_another_without_a_gap_and_open_connections_live_on()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager);
        await pod.UntilAsync(PodPhase.PodWarm);
        using var next = CertificateAuthority.Create(TimeProvider.System);
        var nextClient = CertificateFolder.Client(next.IssueClient(TimeProvider.System), _authority, next);
        await RefusedAsync(pod, nextClient);

        // 1. Both are trusted; the old one issues on.
        var first = _authority.IssueServer(CertificateFolder.PoolName, TimeProvider.System);
        _folder.Write(first.CertificatePem, first.KeyPem, TrustBundle.Of(_authority, next).Pem);
        Assert.Equal(first.CertificatePem, await AnswersAsync(pod, Manager));
        Assert.Equal(first.CertificatePem, await AnswersAsync(pod, nextClient));

        // 2. and 3. The new one issues; the old one is not trusted any more.
        var second = next.IssueServer(CertificateFolder.PoolName, TimeProvider.System);
        _folder.Write(second.CertificatePem, second.KeyPem, TrustBundle.Of(next).Pem);
        Assert.Equal(second.CertificatePem, await AnswersAsync(pod, nextClient));
        await RefusedAsync(pod, CertificateFolder.Client(_authority.IssueClient(TimeProvider.System), _authority, next));

        await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);
    }

    [Fact]
    public async Task A_new_certificate_that_cannot_be_used_is_said_and_the_old_one_kept_until_there_is_another()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager);
        await pod.UntilAsync(PodPhase.PodWarm);
        var before = await AnswersAsync(pod, Manager);
        var next = _authority.IssueServer(CertificateFolder.PoolName, TimeProvider.System);

        _folder.Write(next.CertificatePem, key: null, _authority.CertificatePem);
        Assert.Equal(before, await AnswersAsync(pod, Manager));
        Assert.Contains("tls.key' is not there", (await pod.LogAsync("CertificateKept")).ToString(), StringComparison.Ordinal);

        _folder.Write(next.CertificatePem, next.KeyPem[..^60], _authority.CertificatePem);
        Assert.Equal(before, await AnswersAsync(pod, Manager));
        Assert.Contains("tls.key' holds no private key", (await pod.LogAsync("CertificateKept")).ToString(), StringComparison.Ordinal);

        // Not a word more about the same.
        Assert.Equal(before, await AnswersAsync(pod, Manager));
        _folder.Write(next.CertificatePem, next.KeyPem, _authority.CertificatePem);
        Assert.Equal(next.CertificatePem, await AnswersAsync(pod, Manager));
        var rest = await pod.RestOfOutputAsync();
        Assert.DoesNotContain(rest, line => line.Contains("CertificateKept", StringComparison.Ordinal));
        Assert.Contains(rest, line => line.Contains("CertificateRenewed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whatever_else_comes_to_the_port_is_let_go_in_time_and_stands_in_nobodys_way()
    {
        await using var pod = PodProcess.StartSecurely(_folder, Manager);
        await pod.UntilAsync(PodPhase.PodWarm);
        await AnswersAsync(pod, Manager);
        List<Stream> strangers = [];
        byte[][] words =
        [
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
            "GET / HTTP/1.1\r\nHost: pod\r\n\r\n"u8.ToArray(),

            // The head of a TLS record that never comes, the beginning of a ClientHello, and nothing at all.
            [0x16, 0x03, 0x01, 0x02, 0x00],
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
            [],
        ];
        for (var index = 0; index < 100; index++)
        {
            var stranger = await PodAddress.ConnectAsync(PodAddress.Parse(pod.LoaderAddress, out _), Test);
            await stranger.WriteAsync(words[index % words.Length], Test);
            strangers.Add(stranger);
        }

        Assert.Equal(PodPhase.PodWarm, (await pod.StatusAsync()).Phase);
        await AnswersAsync(pod, Manager);
        foreach (var stranger in strangers)
        {
            await EndsAsync(stranger);
            await stranger.DisposeAsync();
        }

        Assert.InRange(Directory.GetFiles($"/proc/{pod.ProcessId}/fd").Count(IsSocket), 0, 20);
        await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return false;
        }
    }

    /// <summary>On a new connection.</summary>
    /// <returns>The certificate that the pod showed.</returns>
    private static async Task<string> AnswersAsync(PodProcess pod, SslClientAuthenticationOptions client)
    {
        string shown;
        await using (var tls = new SslStream(await PodAddress.ConnectAsync(PodAddress.Parse(pod.LoaderAddress, out _), Test)))
        {
            await tls.AuthenticateAsClientAsync(client, Test);
            Assert.Equal((SslProtocols.Tls13, SslApplicationProtocol.Http2), (tls.SslProtocol, tls.NegotiatedApplicationProtocol));
            shown = ((X509Certificate2)tls.RemoteCertificate!).ExportCertificatePem();
        }

        using var channel = pod.LoaderChannel(client);
        using var call = new Contracts.V1.Loader.LoaderClient(channel).Status(new(), cancellationToken: Test);
        Assert.True(await call.ResponseStream.MoveNext(Test));
        Assert.Equal(pod.Id, call.ResponseStream.Current.PodId);
        return shown;
    }

    /// <summary>Not a byte of HTTP comes back: the settings that a server begins with would.</summary>
    private static async Task RefusedAsync(PodProcess pod, SslClientAuthenticationOptions client)
    {
        await using var tls = new SslStream(await PodAddress.ConnectAsync(PodAddress.Parse(pod.LoaderAddress, out _), Test));
        try
        {
            // The client's half of a TLS 1.3 handshake is over before the server has judged its certificate.
            await tls.AuthenticateAsClientAsync(client, Test);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            Assert.DoesNotContain("remote certificate", exception.Message, StringComparison.OrdinalIgnoreCase);
            return;
        }

        await EndsAsync(tls);
        using var channel = pod.LoaderChannel(client);
        using var call = new Contracts.V1.Loader.LoaderClient(channel).Status(new(), cancellationToken: Test);
        Assert.NotEqual(StatusCode.OK, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Test))).StatusCode);
    }

    private static async Task EndsAsync(Stream stream)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Test);
        patience.CancelAfter(PodProcess.Patience);
        try
        {
            // An alert may come; HTTP/2 would begin with settings, which are longer than any.
            var answer = new byte[64];
            var length = 0;
            for (int read; (read = await stream.ReadAsync(answer, patience.Token)) > 0; length += read)
            {
            }

            Assert.InRange(length, 0, stream is SslStream ? 0 : 7);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // Reset.
        }
    }

    private static IssuedCertificate SelfMade(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return new(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
