using System.Security.Cryptography;
using System.Text;

namespace PodPool.Contracts.Wire;

/// <summary>What a certificate's folder holds at one moment; null: the file is not there or cannot be read.</summary>
public sealed class CertificateFiles
{
    /// <summary>The certificate, and what leads from it to its authority.</summary>
    public const string CertificateName = "tls.crt";

    /// <summary>Its key.</summary>
    public const string KeyName = "tls.key";

    /// <summary>The authorities that are trusted.</summary>
    public const string AuthoritiesName = "ca.crt";

    /// <summary>
    /// A kubelet changes a Secret's volume at one stroke: the files are links into this link, which it points at another folder.
    /// <see href="https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go"/>
    /// </summary>
    private const string Current = "..data";

    private CertificateFiles(string folder)
    {
        Folder = folder;

        // Followed once, for all three: none of them is then of another time.
        var current = Path.Combine(folder, Current);
        var source = Directory.Exists(current) ? Directory.ResolveLinkTarget(current, returnFinalTarget: true)?.FullName ?? current : folder;
        Certificate = Read(Path.Combine(source, CertificateName));
        Key = Read(Path.Combine(source, KeyName));
        Authorities = Read(Path.Combine(source, AuthoritiesName));
        Digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificate ?? "none"}\0{Key ?? "none"}\0{Authorities ?? "none"}")));
    }

    /// <summary>Where they lie, for messages.</summary>
    public string Folder { get; }

    /// <summary><see cref="CertificateName"/>.</summary>
    public string? Certificate { get; }

    /// <summary><see cref="KeyName"/>. Secret.</summary>
    public string? Key { get; }

    /// <summary><see cref="AuthoritiesName"/>.</summary>
    public string? Authorities { get; }

    /// <summary>Equal for equal contents.</summary>
    public string Digest { get; }

    /// <summary>Looks at the folder now.</summary>
    public static CertificateFiles ReadFrom(string folder) => new(folder);

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
