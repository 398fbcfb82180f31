using System.Runtime.InteropServices;
using System.Text.Json;

namespace PodPool.Runtime.Loading;

/// <summary>
/// Where a package's <c>.deps.json</c> says that assemblies and native libraries are, for this platform. Our own reading of the
/// format (dotnet/sdk, documentation/specs/runtime-configuration-file.md): the host's resolver reads the frameworks' files
/// along with it and costs milliseconds.
/// </summary>
internal sealed class DependencyFile
{
    private readonly Dictionary<string, (string Path, int Rank)> _assemblies = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (string Path, int Rank)> _natives = new(StringComparer.Ordinal);
    private readonly string[] _platforms;

    private DependencyFile(string[] platforms) => _platforms = platforms;

    /// <summary>The relative path of an assembly, by its simple name.</summary>
    public string? Assembly(string name) => _assemblies.TryGetValue(name, out var found) ? found.Path : null;

    /// <summary>The relative path of a native library, by its file name.</summary>
    public string? Native(string fileName) => _natives.TryGetValue(fileName, out var found) ? found.Path : null;

    /// <exception cref="JsonException">The file is no JSON of that form.</exception>
    public static DependencyFile Read(ReadOnlySpan<byte> json, string runtimeIdentifier)
    {
        var file = new DependencyFile(Platforms(runtimeIdentifier));
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        var reader = new Utf8JsonReader(json);
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("targets"))
            {
                file.ReadTargets(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return file;
    }

    /// <summary>This platform first, then those it is a case of: <c>linux-x64, linux, unix-x64, unix, any</c>.</summary>
    internal static string[] Platforms(string runtimeIdentifier)
    {
        var dash = runtimeIdentifier.LastIndexOf('-');
        var (system, architecture) = dash < 0
            ? (runtimeIdentifier, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant())
            : (runtimeIdentifier[..dash], runtimeIdentifier[(dash + 1)..]);
        string[] systems = system switch
        {
            "linux-musl" => ["linux-musl", "linux", "unix"],
            "linux" or "osx" or "freebsd" => [system, "unix"],
            _ => [system],
        };
        return [.. systems.SelectMany(name => new[] { $"{name}-{architecture}", name }), "any"];
    }

    private void ReadTargets(ref Utf8JsonReader reader)
    {
        // targets → target → library → kind of asset → path → properties
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader))
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader))
            {
                Expect(ref reader, JsonTokenType.StartObject);
                while (Next(ref reader))
                {
                    var kind = reader.ValueTextEquals("runtime") ? Kind.Assembly
                        : reader.ValueTextEquals("native") ? Kind.Native
                        : reader.ValueTextEquals("runtimeTargets") ? Kind.Platform
                        : Kind.Other;
                    if (kind == Kind.Other)
                    {
                        reader.Skip();
                    }
                    else
                    {
                        ReadAssets(ref reader, kind);
                    }
                }
            }
        }
    }

    private void ReadAssets(ref Utf8JsonReader reader, Kind kind)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader))
        {
            var path = reader.GetString()!;
            string? platform = null, type = null, localPath = null;
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader))
            {
                var property = reader.ValueTextEquals("rid") ? 1 : reader.ValueTextEquals("assetType") ? 2 : reader.ValueTextEquals("localPath") ? 3 : 0;
                reader.Read();
                switch (property)
                {
                    case 1:
                        platform = reader.GetString();
                        break;
                    case 2:
                        type = reader.GetString();
                        break;
                    case 3:
                        localPath = reader.GetString();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            // What is for every platform was copied to the top by publish; what is for some stays where it was.
            var isNative = kind == Kind.Native || type == "native";
            var rank = kind == Kind.Platform ? Array.IndexOf(_platforms, platform) : int.MaxValue;
            if (rank >= 0)
            {
                Add(isNative, localPath ?? (kind == Kind.Platform ? path : Path.GetFileName(path)), rank);
            }
        }
    }

    private void Add(bool isNative, string path, int rank)
    {
        var (table, key) = isNative ? (_natives, Path.GetFileName(path)) : (_assemblies, Path.GetFileNameWithoutExtension(path));
        if (!table.TryGetValue(key, out var known) || rank < known.Rank)
        {
            table[key] = (path, rank);
        }
    }

    private static bool Next(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new JsonException($"expected {type} at byte {reader.TokenStartIndex}, found {reader.TokenType}");
        }
    }

    private enum Kind
    {
        Other,
        Assembly,
        Native,
        Platform,
    }
}
