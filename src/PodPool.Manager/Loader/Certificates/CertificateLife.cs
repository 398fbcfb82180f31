using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PodPool.Manager.Loader.Certificates;

/// <summary>From when to when a certificate is valid, and when the next one is due: at two thirds, so that a third is left to get it everywhere.</summary>
internal readonly record struct CertificateLife(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>From then on it is to be replaced.</summary>
    public DateTimeOffset DueAt => NotBefore + ((NotAfter - NotBefore) * 2 / 3);

    /// <summary>The life of the first certificate in a PEM text.</summary>
    /// <exception cref="FormatException">There is none that can be read.</exception>
    public static CertificateLife Of(string certificatePem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificatePem);
            return Of(certificate);
        }
        catch (CryptographicException exception)
        {
            throw new FormatException($"there is no certificate in PEM that can be read: {exception.Message}", exception);
        }
    }

    /// <remarks>The base library gives local times.</remarks>
    public static CertificateLife Of(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());

    public bool IsDue(TimeProvider time) => time.GetUtcNow() >= DueAt;
}
