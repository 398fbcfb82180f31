using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;

namespace PodPool.Manager.Loader.Certificates;

/// <summary>A certificate with its key, as it goes into a Secret. No record: one would show the key to whoever prints it.</summary>
/// <param name="certificatePem">The certificate.</param>
/// <param name="keyPem">Its key, PKCS #8. Secret.</param>
internal sealed class IssuedCertificate(string certificatePem, string keyPem)
{
    /// <summary><c>tls.crt</c>.</summary>
    public string CertificatePem => certificatePem;

    /// <summary><c>tls.key</c>. Secret.</summary>
    public string KeyPem => keyPem;

    public CertificateLife Life { get; } = CertificateLife.Of(certificatePem);

    /// <summary>What a TLS stream needs to show it.</summary>
    /// <exception cref="FormatException">The key does not fit; the message holds nothing of it.</exception>
    public SslStreamCertificateContext Present(TrustBundle trust)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        return InstallationTls.Present(InstallationTls.WithKey(certificate, keyPem), [], trust.Certificates);
    }
}
