using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;

namespace RuntimeStart;

/// <summary>How a pod's loader is called.</summary>
internal enum LoaderChannel
{
    /// <summary>As on one machine.</summary>
    Socket,

    /// <summary>Loopback TCP without TLS.</summary>
    Tcp,

    /// <summary>Loopback TCP as on a cluster.</summary>
    MutualTls,
}

/// <summary>What both ends of a loader's channel are told.</summary>
internal sealed class LoaderEnds : IDisposable
{
    private const string Name = "measured.bench.loader.podpool.dev";
    private static readonly CertificateAuthority Authority = CertificateAuthority.Create(TimeProvider.System);

    private LoaderEnds(string address) => Address = address;

    public string Address { get; }

    /// <summary>How to call it; null: without TLS.</summary>
    public SslClientAuthenticationOptions? Client { get; private init; }

    /// <summary>What the pod's environment has besides the address.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment { get; private init; } = [];

    /// <param name="channel">The way.</param>
    /// <param name="folder">The pod's.</param>
    public static LoaderEnds Make(LoaderChannel channel, string folder)
    {
        if (channel == LoaderChannel.Socket)
        {
            return new(PodAddress.OfSocket(Path.Combine(folder, "loader.sock")));
        }

        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return channel == LoaderChannel.Tcp ? new($"http://{free.LocalEndPoint}") : Secure($"https://{free.LocalEndPoint}", Path.Combine(folder, "tls"));
    }

    public void Dispose() => Client?.ClientCertificateContext?.TargetCertificate.Dispose();

    private static LoaderEnds Secure(string address, string folder)
    {
        Directory.CreateDirectory(folder);
        var server = Authority.IssueServer(Name, TimeProvider.System);
        File.WriteAllText(Path.Combine(folder, "tls.crt"), server.CertificatePem);
        File.WriteAllText(Path.Combine(folder, "tls.key"), server.KeyPem);
        File.WriteAllText(Path.Combine(folder, "ca.crt"), Authority.CertificatePem);
        var trust = TrustBundle.Of(Authority);
        var client = Authority.IssueClient(TimeProvider.System);
        using var certificate = X509Certificate2.CreateFromPem(client.CertificatePem);
        return new(address)
        {
            Environment = [(PodEnvironment.LoaderCertificate, folder)],
            Client = new()
            {
                TargetHost = Name,
                EnabledSslProtocols = InstallationTls.Protocol,
                ApplicationProtocols = InstallationTls.ApplicationProtocols,
                ClientCertificateContext = InstallationTls.Present(InstallationTls.WithKey(certificate, client.KeyPem), [], trust.Certificates),
                CertificateChainPolicy = InstallationTls.Trust(trust.Certificates, InstallationTls.ServerUse),
            },
        };
    }
}
