using System.Collections.Frozen;
using System.Text.Json;

namespace PodPool.Manager.Packages.Transport;

/// <summary>The codes in a registry's error (distribution-spec, "Error Codes"). Only the known ones: what else a server writes may be anything, a credential included.</summary>
internal static class RegistryErrorCodes
{
    /// <summary>Bytes of an error that are looked at.</summary>
    public const int MaxBytes = 16 << 10;

    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "MANIFEST_UNKNOWN",
        "MANIFEST_UNVERIFIED", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS", "UNKNOWN");

    /// <summary>The known codes, each once, with a comma between.</summary>
    public static string In(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
                ? string.Join(", ", errors.EnumerateArray().Select(CodeOf).Where(Known.Contains).Distinct())
                : "";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    private static string CodeOf(JsonElement error)
        => error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString()! : "";
}
