using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using PodPool.Contracts;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A real pod whose loader speaks TLS on a port.</summary>
internal sealed class SecurePod : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    public SecurePod(IssuedCertificate certificate, TrustBundle trust)
    {
        Write(certificate, trust);
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Description = new(new(PodNames.New("default")), "default", "here", $"https://{free.LocalEndPoint}");
        free.Close();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = new ProcessStartInfo(Path.Combine(ManagerUnderTest.RuntimeFolder, "PodPool.Runtime"));
        start.Environment[PodEnvironment.PodId] = Description.Pod.Value;
        start.Environment[PodEnvironment.LoaderAddress] = Description.LoaderAddress;
        start.Environment[PodEnvironment.FunctionAddress] = "unix:" + Path.Combine(_folder.Path, "f.sock");
        start.Environment[PodEnvironment.ClaimKey] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        start.Environment[PodEnvironment.FilesFolder] = Directory.CreateDirectory(Path.Combine(_folder.Path, "files")).FullName;
        start.Environment[PodEnvironment.LoaderCertificate] = _folder.Path;
        start.Environment[PodEnvironment.Rehearse] = "false";
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(_folder.Path, "tmp")).FullName;
        _process = Process.Start(start)!;
    }

    public PlatformPod Description { get; }

    public void Write(IssuedCertificate certificate, TrustBundle trust)
    {
        File.WriteAllText(Path.Combine(_folder.Path, "tls.crt"), certificate.CertificatePem);
        File.WriteAllText(Path.Combine(_folder.Path, "tls.key"), certificate.KeyPem);
        File.WriteAllText(Path.Combine(_folder.Path, "ca.crt"), trust.Pem);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
