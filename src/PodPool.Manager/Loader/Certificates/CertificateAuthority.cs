using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;

namespace PodPool.Manager.Loader.Certificates;

/// <summary>
/// Issues the certificates of an installation's own channels, and those of nothing else: a server's for each pool and for the manager, a client's for
/// the manager and for routers. ECDSA P-256 throughout. It lives in memory; whoever keeps it does so in the two PEM texts.
/// </summary>
/// <remarks>
/// One authority takes over from another without a gap in this order, each step only when the one before has reached everybody:
/// <list type="number">
/// <item>The new authority is made. The <see cref="TrustBundle"/> of both goes to all pods and managers; the old one issues on.</item>
/// <item>All trust both (a kubelet needs up to two minutes for a Secret): now the new one issues, to all pools, routers and managers.</item>
/// <item>Nobody shows a certificate of the old one's any more, at the latest after <see cref="LeafLife"/>: the bundle is the new one alone,
/// and the old key is forgotten.</item>
/// </list>
/// The other way round, a pod would be shown a certificate that it cannot trust yet.
/// </remarks>
internal sealed class CertificateAuthority : IDisposable
{
    /// <summary>How long an authority is good for.</summary>
    public static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3653);

    /// <summary>How long what it issues is good for, but never longer than itself.</summary>
    public static readonly TimeSpan LeafLife = TimeSpan.FromDays(30);

    /// <summary>How far the clocks of two nodes may be apart.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    /// <summary>RFC 5280, appendix A: the upper bound of a common name.</summary>
    private const int LongestCommonName = 64;

    private readonly X509Certificate2 _certificate;
    private readonly Lock _gate = new();

    private CertificateAuthority(X509Certificate2 certificate)
    {
        _certificate = certificate;
        CertificatePem = certificate.ExportCertificatePem();
        Life = CertificateLife.Of(certificate);
    }

    /// <summary>What others trust it by.</summary>
    public string CertificatePem { get; }

    public CertificateLife Life { get; }

    /// <summary>Makes an authority. Its name is its own, so that two can stand side by side in a bundle.</summary>
    public static CertificateAuthority Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName($"CN=PodPool loader authority {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        return new(request.CreateSelfSigned(now - ClockSkew, now + AuthorityLife));
    }

    /// <summary>An authority that was kept.</summary>
    /// <exception cref="FormatException">
    /// The texts hold no authority, or not its key. The message ends a sentence that begins with their source, and holds nothing of the key.
    /// </exception>
    public static CertificateAuthority Import(string certificatePem, string keyPem)
    {
        var certificates = InstallationTls.ReadAuthorities(certificatePem);
        if (certificates.Count != 1)
        {
            throw new FormatException($"holds {certificates.Count} certificates, and an authority has one");
        }

        return new(InstallationTls.WithKey(certificates[0], keyPem));
    }

    /// <summary>The key, PKCS #8. Secret: who has it can be the manager of every pool.</summary>
    public string ExportKeyPem()
    {
        lock (_gate)
        {
            using var key = _certificate.GetECDsaPrivateKey()!;
            return key.ExportPkcs8PrivateKeyPem();
        }
    }

    /// <summary>A certificate for who listens under a name.</summary>
    /// <param name="name">As <see cref="LoaderName"/> makes it, or <see cref="InstallationTls.ManagerName"/>.</param>
    /// <param name="time">What time it is.</param>
    public IssuedCertificate IssueServer(string name, TimeProvider time) => Issue(name, InstallationTls.ServerUse, time);

    /// <summary>The certificate that the manager calls pods with.</summary>
    public IssuedCertificate IssueClient(TimeProvider time) => Issue(InstallationTls.ManagerName, InstallationTls.ClientUse, time);

    /// <summary>The certificate that routers call managers with.</summary>
    public IssuedCertificate IssueRouter(TimeProvider time) => Issue(InstallationTls.RouterName, InstallationTls.ClientUse, time);

    /// <summary>The certificate that nodes' doors to Dapr call managers with.</summary>
    public IssuedCertificate IssueDoor(TimeProvider time) => Issue(InstallationTls.DoorName, InstallationTls.ClientUse, time);

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private IssuedCertificate Issue(string name, string use, TimeProvider time)
    {
        // A name that is too long for a subject stands in the alternative name alone, which then counts for both (RFC 5280, 4.2.1.6).
        var fits = name.Length <= LongestCommonName;
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(fits ? $"CN={name}" : ""), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(names.Build(critical: !fits));

        // Within the authority's own life: beyond it nobody would trust it anyway.
        var now = time.GetUtcNow();
        var from = now - ClockSkew > Life.NotBefore ? now - ClockSkew : Life.NotBefore;
        var until = now + LeafLife < Life.NotAfter ? now + LeafLife : Life.NotAfter;

        // Positive, and 127 random bits: no two are alike.
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;

        // The base library promises no thread safety for keys.
        lock (_gate)
        {
            using var certificate = request.Create(_certificate, from, until, serial);
            return new(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        }
    }
}
