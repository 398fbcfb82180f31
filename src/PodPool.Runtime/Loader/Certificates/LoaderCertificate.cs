using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Loader.Certificates;

/// <summary>The certificate that the loader shows, and the authorities whose clients it lets in: one state of the folder.</summary>
internal sealed class LoaderCertificate
{
    private LoaderCertificate(X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        Thumbprint = own.Thumbprint;
        ExpiresAt = ExpiryOf(own);
        Authorities = authorities;
        Context = LoaderTls.Present(own, chain, authorities);
        Clients = LoaderTls.Trust(authorities, LoaderTls.ClientUse);
    }

    public string Thumbprint { get; }

    public DateTimeOffset ExpiresAt { get; }

    public X509Certificate2Collection Authorities { get; }

    public SslStreamCertificateContext Context { get; }

    /// <summary>Who is let in.</summary>
    public X509ChainPolicy Clients { get; }

    /// <exception cref="FormatException">Something is missing, fits not, or has expired; the message says what, and holds nothing of a key.</exception>
    public static LoaderCertificate Of(CertificateFiles files, DateTimeOffset now)
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
            return LoaderTls.ReadAuthorities(pem);
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
            return LoaderTls.WithKey(certificate, pem);
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
