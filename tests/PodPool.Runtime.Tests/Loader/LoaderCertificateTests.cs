using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Loader;

/// <summary>What a pod makes of its certificate's folder.</summary>
public sealed class LoaderCertificateTests : IDisposable
{
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(TimeProvider.System);
    private readonly CertificateFolder _folder = new();
    private readonly IssuedCertificate _issued;

    public LoaderCertificateTests() => _issued = _authority.IssueServer(CertificateFolder.PoolName, TimeProvider.System);

    [Fact]
    public void What_the_manager_issued_is_taken()
    {
        _folder.Write(_issued.CertificatePem, _issued.KeyPem, _authority.CertificatePem);

        var certificate = Read();

        Assert.Equal(_issued.Life.NotAfter, certificate.ExpiresAt);
        Assert.True(certificate.Context.TargetCertificate.HasPrivateKey);
        Assert.Empty(certificate.Context.IntermediateCertificates);
    }

    [Fact]
    public void What_is_wrong_is_said_by_the_files_name()
    {
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var (crt, key, ca) = (_issued.CertificatePem, _issued.KeyPem, _authority.CertificatePem);
        AssertRefused("tls.crt' is not there", null, key, ca);
        AssertRefused("tls.key' is not there", crt, null, ca);
        AssertRefused("ca.crt' is not there", crt, key, null);
        AssertRefused("tls.crt' holds no certificate in PEM", "", key, ca);
        AssertRefused("tls.crt' holds no certificate in PEM", key, key, ca);
        AssertRefused("tls.crt' holds a certificate that cannot be read", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key, ca);
        AssertRefused("tls.key' holds no private key of an elliptic curve", crt, "", ca);
        AssertRefused("tls.key' holds no private key of an elliptic curve", crt, crt, ca);
        AssertRefused("tls.key' holds no private key of an elliptic curve", crt, otherKey.ExportSubjectPublicKeyInfoPem(), ca);
        AssertRefused("tls.key' holds no private key of an elliptic curve", crt, rsa.ExportPkcs8PrivateKeyPem(), ca);
        AssertRefused("tls.key' holds not the key of the certificate", crt, otherKey.ExportPkcs8PrivateKeyPem(), ca);
        AssertRefused("ca.crt' holds no certificate in PEM", crt, key, "");
        AssertRefused("ca.crt' holds the certificate of", crt, key, crt);
        _folder.Write(crt, key, ca);
        Assert.Contains(
            "tls.crt' expired at", Assert.Throws<FormatException>(() => FolderCertificate.Of(CertificateFiles.ReadFrom(_folder.Path), _issued.Life.NotAfter)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "tls.crt' is not there", Assert.Throws<FormatException>(() => FolderCertificate.Of(CertificateFiles.ReadFrom("/no/such/folder"), TimeProvider.System.GetUtcNow())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_whose_certificate_is_wrong_says_so_and_ends()
    {
        using var other = CertificateAuthority.Create(TimeProvider.System);
        _folder.Write(_issued.CertificatePem, other.IssueClient(TimeProvider.System).KeyPem, _authority.CertificatePem);
        await using var pod = PodProcess.StartSecurely(_folder, CertificateFolder.Client(own: null, _authority));

        await pod.OutputAsync(line => line.Contains("tls.key' holds not the key of the certificate", StringComparison.Ordinal));
        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(2, pod.ExitCode);
    }

    /// <summary>However a key is damaged or misplaced, the message holds no eight letters of it.</summary>
    [Fact]
    public void No_message_holds_a_piece_of_a_key()
    {
        var body = string.Concat(_issued.KeyPem.Split('\n')[1..^1]);

        // All before the key's own bits is the same in every such key.
        var secret = body[48..];
        Gen.Select(Gen.Int[0, _issued.KeyPem.Length - 1], Gen.Char["AZaz09+/=-\n "], Gen.Int[0, 3], Gen.Bool).Sample(
            (at, letter, where, cut) =>
            {
                var damaged = cut ? _issued.KeyPem[..at] : _issued.KeyPem[..at] + letter + _issued.KeyPem[(at + 1)..];
                _folder.Write(where == 1 ? damaged : _issued.CertificatePem, where == 2 ? damaged + _issued.KeyPem[at..] : damaged, where == 3 ? damaged : _authority.CertificatePem);
                try
                {
                    Read();
                }
                catch (FormatException exception)
                {
                    for (var start = 0; start + 8 <= secret.Length; start++)
                    {
                        Assert.DoesNotContain(secret.Substring(start, 8), exception.ToString(), StringComparison.Ordinal);
                    }
                }
            },
            iter: 300, threads: 1);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private void AssertRefused(string fault, string? certificate, string? key, string? authorities)
    {
        _folder.Write(certificate, key, authorities);
        Assert.Contains(fault, Assert.Throws<FormatException>(() => Read()).Message, StringComparison.Ordinal);
    }

    private FolderCertificate Read() => FolderCertificate.Of(CertificateFiles.ReadFrom(_folder.Path), TimeProvider.System.GetUtcNow());
}
