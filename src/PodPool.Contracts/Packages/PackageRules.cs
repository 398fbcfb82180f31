using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PodPool.Contracts.V1;

namespace PodPool.Contracts.Packages;

/// <summary>Something about a package's file list that is not allowed.</summary>
/// <param name="Reason">PACKAGE_INVALID or PACKAGE_TOO_LARGE.</param>
/// <param name="Path">The file it is about; empty: the whole.</param>
/// <param name="Message">What is wrong, for a person.</param>
public sealed record PackageFault(Reason Reason, string Path, string Message);

/// <summary>The rules of a package's file list, and its digest.</summary>
public static class PackageRules
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks names, sizes and digests of a file list.</summary>
    /// <returns>The first fault, or null.</returns>
    public static PackageFault? Check(IReadOnlyList<PackageFile> files)
    {
        if (files.Count == 0)
        {
            return new(Reason.PackageInvalid, "", "the package has no files");
        }

        if (files.Count > PackageLimits.MaxFiles)
        {
            return new(Reason.PackageTooLarge, "", $"the package has {files.Count} files; {PackageLimits.MaxFiles} are allowed");
        }

        // Names that differ only in case are one file on some systems: refused, so that a package means the same everywhere.
        var seen = new HashSet<string>(files.Count, StringComparer.OrdinalIgnoreCase);
        var folders = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        long total = 0;
        foreach (var file in files)
        {
            if (!IsSafePath(file.Path, out var why))
            {
                return new(Reason.PackageInvalid, file.Path, $"the file name '{Printable(file.Path)}' {why}");
            }

            if (!seen.Add(file.Path))
            {
                return new(Reason.PackageInvalid, file.Path, $"the file '{file.Path}' is in the package twice");
            }

            for (var slash = file.Path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = file.Path.IndexOf('/', slash + 1))
            {
                folders.Add(file.Path[..slash]);
            }

            if (file.Sha256.Length != SHA256.HashSizeInBytes)
            {
                return new(Reason.PackageInvalid, file.Path, $"the file '{file.Path}' has no SHA-256 digest of 32 bytes");
            }

            if (file.Size < 0)
            {
                return new(Reason.PackageInvalid, file.Path, $"the file '{file.Path}' has a negative size");
            }

            if (file.Size > PackageLimits.MaxFileSize)
            {
                return new(Reason.PackageTooLarge, file.Path, $"the file '{file.Path}' has {file.Size} bytes; {PackageLimits.MaxFileSize} are allowed");
            }

            total += file.Size;
        }

        if (total > PackageLimits.MaxPackageSize)
        {
            return new(Reason.PackageTooLarge, "", $"the package has {total} bytes; {PackageLimits.MaxPackageSize} are allowed");
        }

        var clash = files.FirstOrDefault(file => folders.Contains(file.Path));
        return clash is null ? null : new(Reason.PackageInvalid, clash.Path, $"'{clash.Path}' is both a file and a folder");
    }

    /// <summary>Whether a relative path stays in the package's folder, on every system.</summary>
    public static bool IsSafePath(string path, [NotNullWhen(false)] out string? why)
    {
        why = path.Length == 0 ? "is empty"
            : path.Contains('\\', StringComparison.Ordinal) ? "contains '\\'"
            : path.Any(char.IsControl) ? "contains a control character"
            : path.Contains(':', StringComparison.Ordinal) ? "contains ':'"
            : path.Split('/').Any(name => name is "" or "." or "..") ? "is absolute, or has an empty, '.' or '..' part"
            : !FitsUtf8(path) ? $"is no Unicode, or longer than {PackageLimits.MaxPathBytes} bytes"
            : null;
        return why is null;
    }

    /// <summary>
    /// The package's address: SHA-256 over one line "<c>sha256-hex size path\n</c>" a file, ordered by path (ordinal).
    /// </summary>
    /// <returns>"<c>sha256:</c>" and 64 hexadecimal digits.</returns>
    public static string Digest(IEnumerable<PackageFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            hash.AppendData(Utf8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(file.Sha256.Span)} {file.Size} {file.Path}\n")));
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool FitsUtf8(string path)
    {
        try
        {
            return Utf8.GetByteCount(path) <= PackageLimits.MaxPathBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static string Printable(string path)
    {
        var text = new StringBuilder();
        foreach (var character in path.Length > 200 ? path[..200] + "…" : path)
        {
            text.Append(char.IsControl(character) || char.IsSurrogate(character) ? '\uFFFD' : character);
        }

        return text.ToString();
    }
}
