using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Loader.Certificates;

/// <summary>
/// Mutual TLS to the pods: shows the manager's certificate, and trusts a pod only if an authority of the installation names its pool. Addresses
/// are used again; without the name a pod of another pool could be taken for one of ours.
/// </summary>
/// <param name="nameOf">The name that a pod must show, see <see cref="LoaderName"/>.</param>
internal sealed class LoaderSecurity(Func<PlatformPod, string> nameOf) : ILoaderSecurity
{
    private volatile Credentials? _current;

    /// <summary>From the next connection on; those that are open live on with what they were opened with.</summary>
    /// <exception cref="FormatException">The certificate has no key that fits it; the message holds nothing of the key.</exception>
    public void Use(IssuedCertificate own, TrustBundle trust) => _current = new(own, trust);

    /// <inheritdoc/>
    public SslClientAuthenticationOptions? For(PlatformPod pod) => _current?.For(nameOf(pod));

    /// <summary>What holds until the next rotation. Options are kept a pool, so that TLS sessions can be taken up again.</summary>
    private sealed class Credentials
    {
        private readonly ConcurrentDictionary<string, SslClientAuthenticationOptions> _options = new(StringComparer.Ordinal);
        private readonly SslStreamCertificateContext _own;
        private readonly X509ChainPolicy _servers;

        public Credentials(IssuedCertificate own, TrustBundle trust)
        {
            _own = own.Present(trust);
            _servers = InstallationTls.Trust(trust.Certificates, InstallationTls.ServerUse);
        }

        public SslClientAuthenticationOptions For(string name) => _options.GetOrAdd(name, target => InstallationTls.Call(target, _own, _servers));
    }
}
