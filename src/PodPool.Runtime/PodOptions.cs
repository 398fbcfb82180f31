using System.Collections;
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
internal sealed record PodOptions(
    string PodId, string LoaderAddress, string FunctionAddress, byte[] ClaimKey, string FilesFolder, bool Rehearse)
{
    /// <summary>Reads the options and removes every variable of PodPool's, so that no function sees them.</summary>
    /// <exception cref="FormatException">A variable is missing or not of its form; the message names it.</exception>
    public static PodOptions TakeFromEnvironment()
    {
        var options = new PodOptions(
            Required(PodEnvironment.PodId),
            Address(PodEnvironment.LoaderAddress),
            Address(PodEnvironment.FunctionAddress),
            PublicKey(Required(PodEnvironment.ClaimKey)),
            EmptyFolder(Required(PodEnvironment.FilesFolder)),
            !string.Equals(Environment.GetEnvironmentVariable(PodEnvironment.Rehearse), "false", StringComparison.OrdinalIgnoreCase));
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

    private static string Address(string name)
    {
        var value = Required(name);
        try
        {
            PodAddress.Parse(value);
            return value;
        }
        catch (FormatException exception)
        {
            throw new FormatException($"{name}: {exception.Message}", exception);
        }
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
