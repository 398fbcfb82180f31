using System.Text;
using k8s.Models;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Kubernetes.Installing;

/// <summary>
/// A Secret with a certificate for those who mount it. It is written and never read: what a manager issued itself it knows, and what another issued is
/// replaced, since all of it is trusted alike.
/// </summary>
internal static class CertificateSecret
{
    /// <summary>Builds one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="issued">What is shown.</param>
    /// <param name="trust">Who is believed.</param>
    public static V1Secret Of(string name, string @namespace, IssuedCertificate issued, TrustBundle trust) => new()
    {
        Metadata = new()
        {
            Name = name,
            NamespaceProperty = @namespace,
            Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "podpool", ["app.kubernetes.io/part-of"] = "podpool" },
        },
        Type = "Opaque",
        Data = new Dictionary<string, byte[]>
        {
            [CertificateFiles.CertificateName] = Encoding.UTF8.GetBytes(issued.CertificatePem),
            [CertificateFiles.KeyName] = Encoding.UTF8.GetBytes(issued.KeyPem),
            [CertificateFiles.AuthoritiesName] = Encoding.UTF8.GetBytes(trust.Pem),
        },
    };
}
