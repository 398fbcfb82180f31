using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Runtime.Tests.Pods;

/// <summary>The folder of a loader's certificate, laid out as a kubelet lays out a Secret's volume.</summary>
internal sealed class CertificateFolder : IDisposable
{
    public const string PoolName = "default.tests.loader.podpool.dev";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-tls-");
    private int _version;

    public string Path => _folder.FullName;

    /// <summary>A folder with a certificate of an authority's, which also says who is let in.</summary>
    public static CertificateFolder Of(CertificateAuthority authority)
    {
        var folder = new CertificateFolder();
        var issued = authority.IssueServer(PoolName, TimeProvider.System);
        folder.Write(issued.CertificatePem, issued.KeyPem, TrustBundle.Of(authority).Pem);
        return folder;
    }

    /// <summary>How a manager calls; its certificate may be anything, or none.</summary>
    public static SslClientAuthenticationOptions Client(IssuedCertificate? own, params CertificateAuthority[] trusted)
    {
        var authorities = TrustBundle.Of(trusted).Certificates;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = PoolName,
            EnabledSslProtocols = InstallationTls.Protocol,
            ApplicationProtocols = InstallationTls.ApplicationProtocols,
            CertificateChainPolicy = InstallationTls.Trust(authorities, InstallationTls.ServerUse),
        };
        if (own is not null)
        {
            using var certificate = X509Certificate2.CreateFromPem(own.CertificatePem);
            options.ClientCertificateContext = InstallationTls.Present(InstallationTls.WithKey(certificate, own.KeyPem), [], authorities);
        }

        return options;
    }

    /// <summary>Null: the file is not there.</summary>
    public void Write(string? certificate, string? key, string? authorities)
    {
        var version = Directory.CreateDirectory(System.IO.Path.Combine(Path, $"..version_{++_version}")).FullName;
        foreach (var (name, text) in new[] { ("tls.crt", certificate), ("tls.key", key), ("ca.crt", authorities) })
        {
            if (text is not null)
            {
                File.WriteAllText(System.IO.Path.Combine(version, name), text);
            }

            var link = System.IO.Path.Combine(Path, name);
            if (!File.Exists(link))
            {
                File.Delete(link);
                File.CreateSymbolicLink(link, System.IO.Path.Combine("..data", name));
            }
        }

        var data = System.IO.Path.Combine(Path, "..data");
        File.Delete(data);
        File.CreateSymbolicLink(data, System.IO.Path.GetFileName(version));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
