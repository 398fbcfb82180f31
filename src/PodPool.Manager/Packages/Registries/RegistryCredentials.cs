using System.Text;
using System.Text.Json;

namespace PodPool.Manager.Packages.Registries;

/// <summary>Who asks.</summary>
internal sealed record RegistryCredential(string User, string Password)
{
    /// <summary>The value of a basic authorization.</summary>
    public string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    /// <summary>Nothing: it would end up in a log.</summary>
    public override string ToString() => nameof(RegistryCredential);
}

/// <summary>Credentials for hosts, as a secret of type <c>kubernetes.io/dockerconfigjson</c> holds them.</summary>
internal sealed class RegistryCredentials
{
    private static readonly string[] HubNames = [RepositoryReference.DockerHub, "index.docker.io", "registry-1.docker.io"];

    private readonly Dictionary<string, JsonElement> _entries;

    private RegistryCredentials(string secret, Dictionary<string, JsonElement> entries) => (Secret, _entries) = (secret, entries);

    /// <summary>What they are from, for messages: "the pull secret".</summary>
    public string Secret { get; }

    /// <summary>The hosts it has an entry for.</summary>
    public IReadOnlyCollection<string> Hosts => _entries.Keys;

    /// <summary>A secret without entries.</summary>
    public static RegistryCredentials None(string secret) => new(secret, []);

    /// <summary>Reads the secret's value.</summary>
    /// <param name="dockerConfig">The bytes of its key <c>.dockerconfigjson</c>.</param>
    /// <param name="secret">What it is called in messages.</param>
    /// <exception cref="PackageSourceException">It is none.</exception>
    public static RegistryCredentials Parse(ReadOnlyMemory<byte> dockerConfig, string secret = "the pull secret")
    {
        try
        {
            using var document = JsonDocument.Parse(dockerConfig);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("auths", out var hosts) || hosts.ValueKind != JsonValueKind.Object)
            {
                throw Invalid(secret, "it has no object 'auths'");
            }

            // As Docker does: what is written like a host counts before what is written like a URL.
            var entries = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in hosts.EnumerateObject().OrderBy(entry => entry.Name.Contains('/', StringComparison.Ordinal)))
            {
                entries.TryAdd(HostOf(entry.Name), entry.Value.Clone());
            }

            return new(secret, entries);
        }
        catch (JsonException exception)
        {
            // Not its message: that quotes the text.
            throw Invalid(secret, $"it is no JSON, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}");
        }
        catch (InvalidOperationException)
        {
            throw Invalid(secret, "it is no Unicode text");
        }
    }

    /// <summary>The credential for a host; null: there is none.</summary>
    /// <param name="host"><c>host</c> or <c>host:port</c>.</param>
    /// <exception cref="PackageSourceException">There is an entry, but not of a kind that can be used.</exception>
    public RegistryCredential? For(string host)
    {
        if (!_entries.TryGetValue(HostOf(host), out var entry))
        {
            return null;
        }

        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(Secret, $"its entry for '{Visible.Of(host)}' is no object");
        }

        if (TextOf(entry, "auth") is { Length: > 0 } encoded)
        {
            var bytes = new byte[encoded.Length];
            var decoded = Convert.TryFromBase64String(encoded, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0') : "";
            var colon = decoded.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 ? new(decoded[..colon], decoded[(colon + 1)..]) : throw Invalid(Secret, $"'auth' of its entry for '{Visible.Of(host)}' is not user:password in Base64");
        }

        return TextOf(entry, "username") is { Length: > 0 } user
            ? new(user, TextOf(entry, "password") ?? "")
            : throw Invalid(Secret, $"its entry for '{Visible.Of(host)}' has neither 'auth' nor 'username' and 'password' (identity tokens are not supported)");
    }

    private string? TextOf(JsonElement entry, string name)
    {
        try
        {
            return entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            throw Invalid(Secret, $"'{name}' of an entry is no Unicode text");
        }
    }

    private static string HostOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var host = scheme < 0 ? key : key[(scheme + 3)..];
        var slash = host.IndexOf('/', StringComparison.Ordinal);
        host = slash < 0 ? host : host[..slash];
        return HubNames.Contains(host, StringComparer.OrdinalIgnoreCase) ? RepositoryReference.DockerHub : host;
    }

    private static PackageSourceException Invalid(string secret, string why)
        => new(PackageProblem.CredentialsInvalid, $"{secret} is not as kubernetes.io/dockerconfigjson must be: {why}: make it anew with 'kubectl create secret docker-registry'");
}
