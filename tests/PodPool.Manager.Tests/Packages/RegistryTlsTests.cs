using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PodPool.Manager.Packages;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>Whose certificates are trusted.</summary>
public sealed class RegistryTlsTests
{
    private readonly FakePackage _package = new(("a.dll", "the code"u8.ToArray()), ("b.dll", "more"u8.ToArray()));

    [Fact]
    public async Task A_server_of_an_own_authority_is_trusted_when_that_is_named()
    {
        using var authority = Authority();
        using var certificate = CertificateOf(authority, "localhost");
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync, certificate);
        var host = string.Create(CultureInfo.InvariantCulture, $"localhost:{server.Address.Port}");
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "ca.pem");
        await File.WriteAllTextAsync(file, authority.ExportCertificatePem(), ManagerUnderTest.Test);

        using var trusting = new SourceUnderTest(change: options => options with { AuthorityFile = file });
        await trusting.PullAsync(_package.At(host));

        using var other = new SourceUnderTest();
        var failure = await SourceUnderTest.FailureOfAsync(() => other.PullAsync(_package.At(host)), PackageProblem.Untrusted);
        Assert.Contains("TLS failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("in the manager's authority file", failure.Message, StringComparison.Ordinal);

        // Of the right authority, but another's.
        using var mistaken = new SourceUnderTest(change: options => options with { AuthorityFile = file });
        failure = await SourceUnderTest.FailureOfAsync(() => mistaken.PullAsync(_package.At(server.Host)), PackageProblem.Untrusted);
        Assert.Contains("NameMismatch", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Authorities_that_cannot_be_read_are_told()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("there is no file", Assert.Throws<ManagerOptionsException>(() => new SourceUnderTest(folder: folder, change: options => options with { AuthorityFile = folder.Path + "/none" })).Message, StringComparison.Ordinal);
        Assert.Contains("Transfers", Assert.Throws<ManagerOptionsException>(() => new SourceUnderTest(folder: folder, change: options => options with { Transfers = 0 })).Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 CertificateOf(X509Certificate2 authority, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.Create(authority, now.AddHours(-1), now.AddHours(1), [1, 2, 3]);
        return bare.CopyWithPrivateKey(key);
    }
}
