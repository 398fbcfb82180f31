using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PodPool.Contracts.Wire;

/// <summary>
/// What both ends of a channel between the parts of an installation hold to, manager and pod as well as router and manager: mutual TLS 1.3,
/// HTTP/2 inside, and no trust but in the authorities that the installation made itself.
/// </summary>
/// <remarks>
/// No older TLS: both ends are of one installation, so there is nobody to be lenient with. TLS 1.3 hides the certificates, cannot
/// renegotiate, and every cipher of it keeps past traffic secret when a key is lost.
/// </remarks>
public static class InstallationTls
{
    /// <summary>The name that managers show, whoever they call and whoever calls them. Nobody resolves it, nor the router's.</summary>
    public const string ManagerName = "manager.podpool.dev";

    /// <summary>The name that routers show.</summary>
    public const string RouterName = "router.podpool.dev";

    /// <summary>The name in the certificate that nodes' doors to Dapr call managers with.</summary>
    public const string DoorName = "door.podpool.dev";

    /// <summary>The extended key usage of those who listen (RFC 5280, section 4.2.1.12).</summary>
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>The extended key usage of those who call.</summary>
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>The one version that is spoken.</summary>
    public const SslProtocols Protocol = SslProtocols.Tls13;

    /// <summary>What is negotiated (ALPN): HTTP/2 and nothing else.</summary>
    public static List<SslApplicationProtocol> ApplicationProtocols => [SslApplicationProtocol.Http2];

    /// <summary>
    /// Trust in these authorities for one use: none of the system's, nothing is downloaded, nobody is asked for revocations. Certificates
    /// live for days, and who must not be trusted any more loses its authority.
    /// </summary>
    /// <param name="authorities">One; while one takes over from another, both.</param>
    /// <param name="use"><see cref="ServerUse"/> or <see cref="ClientUse"/>.</param>
    public static X509ChainPolicy Trust(X509Certificate2Collection authorities, string use)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { new Oid(use) },
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>What a TLS stream needs of an own certificate. Building it looks at nothing but what is given.</summary>
    /// <param name="own">With its key.</param>
    /// <param name="chain">What leads from it to its authority; mostly nothing.</param>
    /// <param name="authorities">Those who are trusted.</param>
    public static SslStreamCertificateContext Present(X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection authorities)
        => SslStreamCertificateContext.Create(own, chain, offline: true, SslCertificateTrust.CreateForX509Collection(authorities));

    /// <summary>How one handshake is answered.</summary>
    /// <param name="own">What is shown.</param>
    /// <param name="clients">Who is trusted, for <see cref="ClientUse"/>.</param>
    /// <param name="admits">Who of them is let in, see <see cref="IsNamed"/>.</param>
    public static SslServerAuthenticationOptions Answer(SslStreamCertificateContext own, X509ChainPolicy clients, RemoteCertificateValidationCallback admits) => new()
    {
        EnabledSslProtocols = Protocol,
        ApplicationProtocols = ApplicationProtocols,
        ServerCertificateContext = own,
        ClientCertificateRequired = true,
        CertificateChainPolicy = clients,
        RemoteCertificateValidationCallback = admits,
    };

    /// <summary>How someone is called. Kept by who calls often, so that TLS sessions can be taken up again.</summary>
    /// <param name="name">The name that must be shown.</param>
    /// <param name="own">What is shown.</param>
    /// <param name="servers">Who is trusted, for <see cref="ServerUse"/>.</param>
    public static SslClientAuthenticationOptions Call(string name, SslStreamCertificateContext own, X509ChainPolicy servers) => new()
    {
        TargetHost = name,
        EnabledSslProtocols = Protocol,
        ApplicationProtocols = ApplicationProtocols,
        ClientCertificateContext = own,
        CertificateChainPolicy = servers,
        AllowTlsResume = true,
    };

    /// <summary>
    /// A connected stream over TLS; for <see cref="SocketsHttpHandler.ConnectCallback"/>, as a handler that did the handshake itself would keep the certificate
    /// that it began with.
    /// </summary>
    /// <exception cref="AuthenticationException">Who answers is not who is meant.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens there.</exception>
    public static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var stream = new SslStream(await PodAddress.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false));
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether a client's certificate is trusted and is of this name. Clients are not asked for a name by the handshake itself.</summary>
    public static bool IsNamed(string name, X509Certificate? certificate, SslPolicyErrors errors)
        => errors == SslPolicyErrors.None && certificate is X509Certificate2 shown && shown.MatchesHostname(name, allowWildcards: false, allowCommonName: false);

    /// <summary>Gives a certificate its key.</summary>
    /// <param name="certificate">The certificate; stays the caller's.</param>
    /// <param name="keyPem">The private key of an elliptic curve, in PEM.</param>
    /// <exception cref="FormatException">
    /// It is no such key, or another's. The message ends a sentence that begins with its source; what the base library says of a key
    /// that it cannot read is left out, so that no message holds a piece of one.
    /// </exception>
    public static X509Certificate2 WithKey(X509Certificate2 certificate, string keyPem)
    {
        using var key = ECDsa.Create();
        try
        {
            // A public key would be taken as well, and found out only in a handshake.
            key.ImportFromPem(keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? keyPem : "");
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException or NotSupportedException)
        {
            // Not supported: of a curve that nobody knows, as in a key that was damaged there.
            throw new FormatException("holds no private key of an elliptic curve in PEM");
        }

        try
        {
            return certificate.CopyWithPrivateKey(key);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException or InvalidOperationException)
        {
            throw new FormatException($"holds not the key of the certificate of '{certificate.Subject}'");
        }
    }

    /// <summary>Reads the certificates of authorities, PEM, one after the other.</summary>
    /// <exception cref="FormatException">There is none, one cannot be read, or one is no authority's. The message ends a sentence that begins with its source.</exception>
    public static X509Certificate2Collection ReadAuthorities(string pem)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw new FormatException($"holds a certificate that cannot be read: {exception.Message}", exception);
        }

        if (authorities.Count == 0)
        {
            throw new FormatException("holds no certificate in PEM");
        }

        foreach (var certificate in authorities)
        {
            if (!certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
            {
                throw new FormatException($"holds the certificate of '{certificate.Subject}', which is no authority's");
            }
        }

        return authorities;
    }
}
