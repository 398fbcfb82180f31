using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PodPool.Contracts.Wire;

/// <summary>The certificate that is shown, and the authorities of those who are believed: one state of a folder.</summary>
public sealed class FolderCertificate
{
    private FolderCertificate(X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        Thumbprint = own.Thumbprint;
        ExpiresAt = ExpiryOf(own);
        Context = InstallationTls.Present(own, chain, authorities);
        Clients = InstallationTls.Trust(authorities, InstallationTls.ClientUse);
        Servers = InstallationTls.Trust(authorities, InstallationTls.ServerUse);
    }

    /// <summary>Tells it from others, in messages.</summary>
    public string Thumbprint { get; }

    /// <summary>From then on nobody takes it.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>What is shown.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Who is trusted when they call.</summary>
    public X509ChainPolicy Clients { get; }

    /// <summary>Who is trusted when they are called.</summary>
    public X509ChainPolicy Servers { get; }

    /// <summary>Takes what the files hold.</summary>
    /// <exception cref="FormatException">Something is missing, fits not, or has expired; the message says what, and holds nothing of a key.</exception>
    public static FolderCertificate Of(CertificateFiles files, DateTimeOffset now)
    {
        var chain = Certificates(files, files.Certificate ?? throw Missing(files, CertificateFiles.CertificateName));
        var key = files.Key ?? throw Missing(files, CertificateFiles.KeyName);
        var authorities = Authorized(files, files.Authorities ?? throw Missing(files, CertificateFiles.AuthoritiesName));
        var own = WithKey(chain[0], key, files);
        chain.RemoveAt(0);
        return ExpiryOf(own) is var expiry && expiry <= now
            ? throw Wrong(files, CertificateFiles.CertificateName, string.Create(CultureInfo.InvariantCulture, $"expired at {expiry:u}; it is {now:u}"))
            : new(own, chain, authorities);
    }

    private static X509Certificate2Collection Certificates(CertificateFiles files, string pem)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw Wrong(files, CertificateFiles.CertificateName, $"holds a certificate that cannot be read: {exception.Message}");
        }

        return chain.Count > 0 ? chain : throw Wrong(files, CertificateFiles.CertificateName, "holds no certificate in PEM");
    }

    private static X509Certificate2Collection Authorized(CertificateFiles files, string pem)
    {
        try
        {
            return InstallationTls.ReadAuthorities(pem);
        }
        catch (FormatException exception)
        {
            throw Wrong(files, CertificateFiles.AuthoritiesName, exception.Message);
        }
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem, CertificateFiles files)
    {
        try
        {
            return InstallationTls.WithKey(certificate, pem);
        }
        catch (FormatException exception)
        {
            throw Wrong(files, CertificateFiles.KeyName, exception.Message);
        }
    }

    private static DateTimeOffset ExpiryOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private static FormatException Missing(CertificateFiles files, string name)
        => Wrong(files, name, "is not there, or cannot be read");

    private static FormatException Wrong(CertificateFiles files, string name, string fault)
        => new($"'{Path.Combine(files.Folder, name)}' {fault}: the manager issues {CertificateFiles.CertificateName}, {CertificateFiles.KeyName} and {CertificateFiles.AuthoritiesName} together");
}
