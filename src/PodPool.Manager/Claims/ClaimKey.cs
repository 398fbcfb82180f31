using System.Security.Cryptography;

namespace PodPool.Manager.Claims;

/// <summary>
/// The key that claims are signed with: ECDSA P-256, one an installation, kept in the state folder so that pods which outlive a
/// manager trust the next one.
/// </summary>
internal sealed class ClaimKey : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private ClaimKey(ECDsa key)
    {
        _key = key;
        PublicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>SubjectPublicKeyInfo, base64: what pods are told.</summary>
    public string PublicKey { get; }

    /// <summary>Reads the key, or makes it.</summary>
    /// <exception cref="ManagerOptionsException">The file is there but holds no such key.</exception>
    public static ClaimKey Open(string stateFolder)
    {
        var path = Path.Combine(stateFolder, "claim-key.pem");
        if (!File.Exists(path))
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                file.UnixCreateMode = OwnerOnly;
            }

            using (var writer = new StreamWriter(path + ".tmp", file))
            {
                writer.Write(made.ExportPkcs8PrivateKeyPem());
            }

            File.Move(path + ".tmp", path);
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize != 256)
            {
                throw new CryptographicException("it is no P-256 key");
            }

            return new(key);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new ManagerOptionsException($"'{path}' holds no claim key ({exception.Message}): remove it for a new one; pods that run now will refuse claims by that and be replaced");
        }
    }

    /// <summary>Signs the bytes of a claim: SHA-256, IEEE P1363 form, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> claim)
    {
        // The base library promises no thread safety for keys.
        lock (_gate)
        {
            return _key.SignData(claim, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
