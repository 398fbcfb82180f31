using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PodPool.Benchmarks;

/// <summary>A registry that holds one package and can only be read: what is measured is the manager.</summary>
internal sealed class PackageServer : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly WebApplication _server;

    private PackageServer(WebApplication server, string image) => (_server, Image) = (server, image);

    /// <summary>What functions name.</summary>
    public string Image { get; }

    /// <summary>Host and port.</summary>
    public string Authority => Image[..Image.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Serves the files of a folder.</summary>
    public static async Task<PackageServer> StartAsync(string folder)
    {
        var blobs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var layers = new JsonArray();
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var bytes = await File.ReadAllBytesAsync(path);
            blobs[DigestOf(bytes)] = bytes;
            layers.Add(new JsonObject
            {
                ["mediaType"] = "application/octet-stream",
                ["digest"] = DigestOf(bytes),
                ["size"] = bytes.Length,
                ["annotations"] = new JsonObject { ["org.opencontainers.image.title"] = Path.GetFileName(path) },
            });
        }

        var config = "{}"u8.ToArray();
        blobs[DigestOf(config)] = config;
        var manifest = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = new JsonObject { ["mediaType"] = "application/vnd.oci.empty.v1+json", ["digest"] = DigestOf(config), ["size"] = config.Length },
            ["layers"] = layers,
        }.ToJsonString());

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.MapGet("/v2/", () => Results.Ok());
        server.MapGet("/v2/hello/manifests/{digest}", (string digest) => Results.Bytes(manifest, ManifestType));
        server.MapGet("/v2/hello/blobs/{digest}", (string digest) => blobs.TryGetValue(digest, out var blob) ? Results.Bytes(blob) : Results.NotFound());
        await server.StartAsync();
        return new(server, $"{new Uri(server.Urls.Single()).Authority}/hello@{DigestOf(manifest)}");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
