using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Loader.Certificates;

/// <summary>Who the loader is to those who call it over TLS, and whom it lets in, as its folder says now.</summary>
/// <remarks>
/// The folder is looked at in every handshake. A pod sees a handful in its life, and three small files are nothing beside the
/// signature of one; a watcher would cost every idle pod a thread, and would come too late for the first connection after a change.
/// Connections that are open live on.
/// </remarks>
internal sealed partial class LoaderIdentity
{
    private static readonly TimeSpan PassLife = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private LoaderCertificate _current;
    private string _seen;
    private volatile byte[]? _pass;

    /// <exception cref="FormatException">The folder does not hold what it must; the message says what is wrong.</exception>
    public LoaderIdentity(string folder, TimeProvider time, ILogger<LoaderIdentity> logger)
    {
        (_folder, _time, _logger) = (folder, time, logger);
        var files = CertificateFiles.ReadFrom(folder);
        _current = LoaderCertificate.Of(files, time.GetUtcNow());
        _seen = files.Digest;
    }

    /// <summary>For one handshake.</summary>
    public SslServerAuthenticationOptions ForHandshake()
    {
        var certificate = Refresh();
        return new()
        {
            EnabledSslProtocols = LoaderTls.Protocol,
            ApplicationProtocols = LoaderTls.ApplicationProtocols,
            ServerCertificateContext = certificate.Context,
            ClientCertificateRequired = true,
            CertificateChainPolicy = certificate.Clients,
            RemoteCertificateValidationCallback = Admits,
        };
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
            EnabledSslProtocols = LoaderTls.Protocol,
            ClientCertificateContext = LoaderTls.Present(own, [], [own]),
            CertificateChainPolicy = LoaderTls.Trust(Refresh().Authorities, LoaderTls.ServerUse),

            // Which pool the certificate names is the manager's business.
            RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
        });
    }

    private bool Admits(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        => errors == SslPolicyErrors.None || (_pass is { } pass && certificate is not null && certificate.GetRawCertData().AsSpan().SequenceEqual(pass));

    /// <summary>What is replaced is not disposed: handshakes that began with it may still run.</summary>
    private LoaderCertificate Refresh()
    {
        lock (_gate)
        {
            var files = CertificateFiles.ReadFrom(_folder);
            if (files.Digest == _seen)
            {
                return _current;
            }

            _seen = files.Digest;
            try
            {
                _current = LoaderCertificate.Of(files, _time.GetUtcNow());
                Log.Renewed(_logger, _current.Thumbprint, _current.ExpiresAt);
            }
            catch (FormatException exception)
            {
                Log.Kept(_logger, exception.Message, _current.Thumbprint, _current.ExpiresAt);
            }

            return _current;
        }
    }

    /// <param name="identity">What it is a pass to.</param>
    /// <param name="options">What to call with.</param>
    internal sealed class RehearsalPass(LoaderIdentity identity, SslClientAuthenticationOptions options) : IDisposable
    {
        public SslClientAuthenticationOptions Options => options;

        public void Dispose() => identity._pass = null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The loader's certificate is now {Thumbprint}, until {ExpiresAt:u}", EventName = "CertificateRenewed")]
        public static partial void Renewed(ILogger logger, string thumbprint, DateTimeOffset expiresAt);

        [LoggerMessage(2, LogLevel.Warning, "The loader's new certificate cannot be used: {Message}. {Thumbprint} is kept, until {ExpiresAt:u}", EventName = "CertificateKept")]
        public static partial void Kept(ILogger logger, string message, string thumbprint, DateTimeOffset expiresAt);
    }
}
