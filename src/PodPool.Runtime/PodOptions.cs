using System.Collections;
using System.Net;
using System.Security.Cryptography;
using PodPool.Contracts;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime;

/// <summary>What a generic pod is told when it starts.</summary>
/// <param name="PodId">The pod's id, and the instance's once there is one.</param>
/// <param name="LoaderAddress">Where the loader listens.</param>
/// <param name="FunctionAddress">Where functions listen.</param>
/// <param name="ClaimKey">The public key of claims, as SubjectPublicKeyInfo.</param>
/// <param name="FilesFolder">An existing, empty folder.</param>
/// <param name="Rehearse">Whether the pod rehearses before it says it is warm.</param>
/// <param name="LoaderCertificate">The folder of the loader's certificate; null: the loader speaks no TLS.</param>
internal sealed record PodOptions(
    string PodId, string LoaderAddress, string FunctionAddress, byte[] ClaimKey, string FilesFolder, bool Rehearse, string? LoaderCertificate = null)
{
    /// <summary>Reads the options and removes every variable of PodPool's, so that no function sees them.</summary>
    /// <exception cref="FormatException">A variable is missing or not of its form; the message names it.</exception>
    public static PodOptions TakeFromEnvironment()
    {
        var options = new PodOptions(
            Required(PodEnvironment.PodId),
            Address(PodEnvironment.LoaderAddress, address => PodAddress.Parse(address, out _)),
            Address(PodEnvironment.FunctionAddress, PodAddress.Parse),
            PublicKey(Required(PodEnvironment.ClaimKey)),
            EmptyFolder(Required(PodEnvironment.FilesFolder)),
            !string.Equals(Environment.GetEnvironmentVariable(PodEnvironment.Rehearse), "false", StringComparison.OrdinalIgnoreCase),
            CertificateFolder());
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key).ToArray())
        {
            if (name.StartsWith(PodEnvironment.Prefix, StringComparison.Ordinal))
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }

        return options;
    }

    private static string Required(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new FormatException($"{name} is not set; a pod is started by its manager, which sets it");

    private static string Address(string name, Func<string, EndPoint> parse)
    {
        var value = Required(name);
        try
        {
            parse(value);
            return value;
        }
        catch (FormatException exception)
        {
            throw new FormatException($"{name}: {exception.Message}", exception);
        }
    }

    /// <summary>TLS is meant by both or by none: a slip in either must not end in a loader that anybody can call.</summary>
    private static string? CertificateFolder()
    {
        PodAddress.Parse(Required(PodEnvironment.LoaderAddress), out var tls);
        var folder = Environment.GetEnvironmentVariable(PodEnvironment.LoaderCertificate) is { Length: > 0 } value ? value : null;
        return (tls, folder) switch
        {
            (true, null) => throw new FormatException($"{PodEnvironment.LoaderAddress} is https, and {PodEnvironment.LoaderCertificate} is not set: name the folder of the loader's certificate"),
            (false, not null) => throw new FormatException($"{PodEnvironment.LoaderCertificate} is set, and {PodEnvironment.LoaderAddress} is not https: write https://host:port, or leave the certificate out"),
            _ => folder,
        };
    }

    private static byte[] PublicKey(string value)
    {
        try
        {
            var bytes = Convert.FromBase64String(value);
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(bytes, out _);
            return bytes;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            throw new FormatException($"{PodEnvironment.ClaimKey} is no base64 of a SubjectPublicKeyInfo: {exception.Message}", exception);
        }
    }

    private static string EmptyFolder(string path)
    {
        var folder = new DirectoryInfo(path);
        return !folder.Exists ? throw new FormatException($"{PodEnvironment.FilesFolder}: there is no folder '{path}'")
            : folder.EnumerateFileSystemInfos().Any() ? throw new FormatException($"{PodEnvironment.FilesFolder}: the folder '{path}' is not empty")
            : folder.FullName;
    }
}
