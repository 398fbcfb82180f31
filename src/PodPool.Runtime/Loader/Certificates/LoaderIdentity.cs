using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Loader.Certificates;

/// <summary>Who the loader is to those who call it over TLS, as its folder says now. It lets in the manager.</summary>
internal sealed class LoaderIdentity
{
    private static readonly TimeSpan PassLife = TimeSpan.FromHours(1);

    private readonly FolderIdentity _folder;
    private readonly TimeProvider _time;
    private volatile byte[]? _pass;

    /// <exception cref="FormatException">The folder does not hold what it must; the message says what is wrong.</exception>
    public LoaderIdentity(string folder, TimeProvider time, ILogger<LoaderIdentity> logger) => (_folder, _time) = (new(folder, time, logger), time);

    /// <summary>For one handshake.</summary>
    public SslServerAuthenticationOptions ForHandshake()
    {
        var certificate = _folder.Current;
        return InstallationTls.Answer(certificate.Context, certificate.Clients, Admits);
    }

    /// <summary>
    /// Lets this process call its own loader until the pass is disposed: for the rehearsal. The certificate is made here, its key never
    /// leaves the process, and nobody issued it: it is good for nothing else.
    /// </summary>
    public RehearsalPass Rehearse()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = _time.GetUtcNow();
        var own = new CertificateRequest("CN=rehearsal", key, HashAlgorithmName.SHA256).CreateSelfSigned(now - PassLife, now + PassLife);
        _pass = own.RawData;
        return new(this, new()
        {
            EnabledSslProtocols = InstallationTls.Protocol,
            ClientCertificateContext = InstallationTls.Present(own, [], [own]),
            CertificateChainPolicy = _folder.Current.Servers,

            // Which pool the certificate names is the manager's business.
            RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
        });
    }

    private bool Admits(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        => InstallationTls.IsNamed(InstallationTls.ManagerName, certificate, errors)
            || (_pass is { } pass && certificate is not null && certificate.GetRawCertData().AsSpan().SequenceEqual(pass));

    /// <param name="identity">What it is a pass to.</param>
    /// <param name="options">What to call with.</param>
    internal sealed class RehearsalPass(LoaderIdentity identity, SslClientAuthenticationOptions options) : IDisposable
    {
        public SslClientAuthenticationOptions Options => options;

        public void Dispose() => identity._pass = null;
    }
}
