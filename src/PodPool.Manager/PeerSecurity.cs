using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager;

/// <summary>
/// Mutual TLS with routers and doors: shows the manager's certificate, and lets in who shows one of theirs of an authority of the installation. Pods and
/// managers have certificates of the same authority: it is the name that keeps them out, and that says what may be asked (<see cref="Endpoints"/>).
/// </summary>
internal sealed class PeerSecurity
{
    private volatile Credentials? _current;

    /// <summary>From the next connection on; those that are open live on with what they were opened with.</summary>
    /// <exception cref="FormatException">The certificate has no key that fits it; the message holds nothing of the key.</exception>
    public void Use(IssuedCertificate own, TrustBundle trust) => _current = new(own.Present(trust), InstallationTls.Trust(trust.Certificates, InstallationTls.ClientUse));

    /// <summary>For one handshake.</summary>
    /// <exception cref="InvalidOperationException">There is no certificate yet.</exception>
    public SslServerAuthenticationOptions ForHandshake()
        => _current is { } current
            ? InstallationTls.Answer(current.Own, current.Clients, static (_, certificate, _, errors)
                => InstallationTls.IsNamed(InstallationTls.RouterName, certificate, errors) || InstallationTls.IsNamed(InstallationTls.DoorName, certificate, errors))
            : throw new InvalidOperationException("the manager listens before it has a certificate");

    private sealed record Credentials(SslStreamCertificateContext Own, X509ChainPolicy Clients);
}
