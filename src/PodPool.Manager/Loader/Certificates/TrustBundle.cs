using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;

namespace PodPool.Manager.Loader.Certificates;

/// <summary>The authorities that both ends of a channel trust: one; while one takes over from another, both. Nothing in it is secret.</summary>
internal sealed class TrustBundle
{
    private TrustBundle(string pem)
    {
        Certificates = InstallationTls.ReadAuthorities(pem);
        Pem = pem;
    }

    /// <summary><c>ca.crt</c>.</summary>
    public string Pem { get; }

    public X509Certificate2Collection Certificates { get; }

    /// <summary>Trust in these authorities.</summary>
    public static TrustBundle Of(params ReadOnlySpan<CertificateAuthority> authorities)
    {
        var pem = "";
        foreach (var authority in authorities)
        {
            pem += authority.CertificatePem + "\n";
        }

        return new(pem);
    }

    /// <summary>A bundle that was kept.</summary>
    /// <exception cref="FormatException">There is no certificate in it, or one that is no authority's.</exception>
    public static TrustBundle Import(string pem) => new(pem);
}
