using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Packages.Registries;

/// <summary>What a package says of itself beside its files.</summary>
/// <param name="EntryPoint">What a function that names none starts with; empty: nothing.</param>
/// <param name="Target">The runtime identifier it was published for; empty: any.</param>
internal sealed record PackageConfig(string EntryPoint, string Target)
{
    public const int MaxBytes = 64 << 10;

    public static PackageConfig None { get; } = new("", "");

    /// <summary>As it is stored: the empty object when nothing is said.</summary>
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, PackageManifest.Plain))
        {
            json.WriteStartObject();
            if (EntryPoint.Length > 0)
            {
                json.WriteString("entryPoint", EntryPoint);
            }

            if (Target.Length > 0)
            {
                json.WriteString("target", Target);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="JsonException">It is none.</exception>
    public static PackageConfig Read(ReadOnlyMemory<byte> bytes)
    {
        using var document = JsonDocument.Parse(bytes, PackageManifest.Strict);
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object ? new(TextOf("entryPoint"), TextOf("target")) : throw new JsonException("no object");

        string TextOf(string name) => !root.TryGetProperty(name, out var value) ? ""
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException($"'{name}' is no text");
    }
}

/// <summary>
/// A package in a registry: an image manifest of the OCI image specification with a layer a file, the digest of the layer being the file's own, so that
/// a registry stores a file once for all packages. The same files and configuration make the same bytes.
/// </summary>
/// <param name="Files">Ordered by path.</param>
/// <param name="Config">The digest and size of the configuration, its path empty; null: there is nothing in it.</param>
internal sealed record PackageManifest(IReadOnlyList<PackageFile> Files, PackageFile? Config)
{
    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";
    public const string ArtifactType = "application/vnd.podpool.package.v1";
    public const string ConfigType = "application/vnd.podpool.package.config.v1+json";
    public const string EmptyType = "application/vnd.oci.empty.v1+json";
    public const string FileType = "application/vnd.podpool.file.v1";

    /// <summary>Bytes of a manifest; what the specification asks registries to take at least.</summary>
    public const int MaxBytes = 4 << 20;

    private const string TitleName = "org.opencontainers.image.title";

    // Set by oras on a folder that it packed.
    private const string UnpackName = "io.deis.oras.content.unpack";

    /// <summary>Every character as it is, where JSON allows.</summary>
    public static JsonWriterOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A text means one thing.</summary>
    public static JsonDocumentOptions Strict { get; } = new() { AllowDuplicateProperties = false };

    /// <summary>Writes a manifest.</summary>
    /// <param name="files">In any order.</param>
    /// <param name="config">The configuration as it is stored.</param>
    public static byte[] Write(IEnumerable<PackageFile> files, ReadOnlySpan<byte> config)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Plain))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaType);
            json.WriteString("artifactType", ArtifactType);
            json.WriteStartObject("config");
            WriteDescriptor(json, config.SequenceEqual("{}"u8) ? EmptyType : ConfigType, ImageReference.DigestOf(config), config.Length);
            json.WriteEndObject();
            json.WriteStartArray("layers");
            foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                WriteDescriptor(json, FileType, ImageReference.Write(file.Sha256), file.Size);
                json.WriteStartObject("annotations");
                json.WriteString(TitleName, file.Path);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Reads a manifest, ours or one of an artifact with a layer a file as other tools make it.</summary>
    /// <exception cref="PackageSourceException">It is no package; the message is for the end of another.</exception>
    public static PackageManifest Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Invalid($"the manifest is not as the OCI image specification says ({Visible.Of(exception.Message)}): push the package again");
        }
    }

    private static PackageManifest Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("no object");
        }

        var mediaType = TextOf(root, "mediaType") ?? MediaType;
        if (mediaType != MediaType || root.TryGetProperty("manifests", out _))
        {
            throw WrongKind(mediaType);
        }

        if (!root.TryGetProperty("layers", out var layers) || layers.ValueKind != JsonValueKind.Array || !root.TryGetProperty("config", out var config))
        {
            throw new JsonException("no 'config' and 'layers'");
        }

        if (TextOf(config, "mediaType") is "application/vnd.oci.image.config.v1+json" && !layers.EnumerateArray().Any(layer => TitleOf(layer) is not null))
        {
            throw Invalid("this is a container image, not a package: push the published files with 'podpool deploy', or 'oras push' with each file by name");
        }

        if (layers.GetArrayLength() > PackageLimits.MaxFiles)
        {
            throw new PackageSourceException(PackageProblem.PackageTooLarge, $"the package has {layers.GetArrayLength()} files; {PackageLimits.MaxFiles} are allowed");
        }

        var files = layers.EnumerateArray().Select(FileOf).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        if (PackageRules.Check(files) is { } fault)
        {
            throw OfFault(fault);
        }

        return new(files, TextOf(config, "mediaType") == ConfigType ? ConfigOf(config) : null);
    }

    /// <summary>A fault of a file list as this folder's failure.</summary>
    public static PackageSourceException OfFault(PackageFault fault)
        => new(fault.Reason == Reason.PackageTooLarge ? PackageProblem.PackageTooLarge : PackageProblem.PackageInvalid, fault.Message);

    private static PackageFile FileOf(JsonElement layer, int index)
    {
        if (TitleOf(layer) is not { } title)
        {
            throw Invalid($"layer {index} has no file name (annotation {TitleName}): push each of the published files by name");
        }

        if (layer.TryGetProperty("annotations", out var annotations) && TextOf(annotations, UnpackName) == "true")
        {
            throw Invalid($"layer {index}, '{Visible.Of(title)}', is a packed folder: go into the folder and push its files by name (oras push HOST/REPOSITORY $(find * -type f))");
        }

        var (digest, size) = DescriptorOf(layer, $"layer {index}, '{Visible.Of(title)}',");
        return new() { Path = title, Sha256 = digest, Size = size };
    }

    private static PackageFile ConfigOf(JsonElement config)
    {
        var (digest, size) = DescriptorOf(config, "the configuration");
        return size <= PackageConfig.MaxBytes
            ? new() { Sha256 = digest, Size = size }
            : throw new PackageSourceException(PackageProblem.PackageTooLarge, $"the package's configuration has {size} bytes; {PackageConfig.MaxBytes} are allowed");
    }

    private static (ByteString Digest, long Size) DescriptorOf(JsonElement descriptor, string what)
    {
        if (!ImageReference.TryReadDigest(TextOf(descriptor, "digest"), out var digest))
        {
            throw Invalid($"{what} has no SHA-256 digest: push the package again, with SHA-256");
        }

        return descriptor.TryGetProperty("size", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var size) && size >= 0
            ? (digest, size)
            : throw Invalid($"{what} has no size: push the package again");
    }

    private static string? TitleOf(JsonElement layer)
        => layer.ValueKind == JsonValueKind.Object && layer.TryGetProperty("annotations", out var annotations) ? TextOf(annotations, TitleName) : null;

    private static string? TextOf(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Something else than an image manifest.</summary>
    public static PackageSourceException WrongKind(string mediaType) => Invalid(
        $"this is no package but '{Visible.Of(mediaType)}': give the digest of an image manifest ({MediaType}) with a layer a file, as 'podpool deploy' and 'oras push' make it");

    private static PackageSourceException Invalid(string why) => new(PackageProblem.PackageInvalid, why);

    private static void WriteDescriptor(Utf8JsonWriter json, string mediaType, string digest, long size)
    {
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", digest);
        json.WriteNumber("size", size);
    }
}
