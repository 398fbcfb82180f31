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
    private readonly byte[] _fingerprintKey;

    private ClaimKey(ECDsa key)
    {
        _key = key;
        PublicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        _fingerprintKey = SHA256.HashData([.. "podpool fingerprint"u8, .. key.ExportPkcs8PrivateKey()]);
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
            var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                file.UnixCreateMode = OwnerOnly;
            }

            using (var writer = new StreamWriter(path + ".tmp", file))
            {
                writer.Write(MakePem());
            }

            File.Move(path + ".tmp", path);
        }

        try
        {
            return Of(File.ReadAllText(path));
        }
        catch (FormatException exception)
        {
            throw new ManagerOptionsException($"'{path}' {exception.Message}: remove it for a new one; pods that run now will refuse claims by that and be replaced");
        }
    }

    /// <summary>A new key, PKCS #8 in PEM. Secret: who has it can put code into every pod.</summary>
    public static string MakePem()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return made.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>A key that was kept.</summary>
    /// <exception cref="FormatException">The text holds no such key. The message ends a sentence that begins with the text's source.</exception>
    public static ClaimKey Of(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key.KeySize == 256 ? new(key) : throw new CryptographicException("it is no P-256 key");
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new FormatException($"holds no claim key ({exception.Message})", exception);
        }
    }

    /// <summary>Tells two texts apart without telling what they are: the same text always has the same, and nobody without the key can find a text for it.</summary>
    public string Fingerprint(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_fingerprintKey, System.Text.Encoding.UTF8.GetBytes(text)));

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
