using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PodPool.EndToEnd.Cluster;

/// <summary>The installation's registry, reached as an operator reaches it: by a forwarded port.</summary>
internal sealed class PackageRegistry(Uri address) : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromSeconds(10) });
    private PortForward? _forward;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <summary>Pushes the files below a folder as a package: a layer a file.</summary>
    /// <returns>The reference that functions name it by.</returns>
    public async Task<string> PushAsync(string repository, IReadOnlyDictionary<string, byte[]> files)
    {
        var layers = new JsonArray();
        foreach (var (path, bytes) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            await PushBlobAsync(repository, bytes);
            layers.Add(new JsonObject
            {
                ["mediaType"] = "application/octet-stream",
                ["digest"] = DigestOf(bytes),
                ["size"] = bytes.Length,
                ["annotations"] = new JsonObject { ["org.opencontainers.image.title"] = path },
            });
        }

        var config = "{}"u8.ToArray();
        await PushBlobAsync(repository, config);
        var manifest = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["artifactType"] = "application/vnd.podpool.package.v1",
            ["config"] = new JsonObject { ["mediaType"] = "application/vnd.oci.empty.v1+json", ["digest"] = DigestOf(config), ["size"] = config.Length },
            ["layers"] = layers,
        }.ToJsonString());
        using var put = new HttpRequestMessage(HttpMethod.Put, await AtAsync($"v2/{repository}/manifests/{DigestOf(manifest)}")) { Content = new ByteArrayContent(manifest) };
        put.Content.Headers.ContentType = new MediaTypeHeaderValue(ManifestType);
        using var answer = await _client.SendAsync(put, Test);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Test));
        return $"{address.Authority}/{repository}@{DigestOf(manifest)}";
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _client.Dispose();
    }

    private async Task PushBlobAsync(string repository, byte[] bytes)
    {
        using var head = new HttpRequestMessage(HttpMethod.Head, await AtAsync($"v2/{repository}/blobs/{DigestOf(bytes)}"));
        using (var there = await _client.SendAsync(head, Test))
        {
            if (there.IsSuccessStatusCode)
            {
                return;
            }
        }

        using var begun = await _client.PostAsync(await AtAsync($"v2/{repository}/blobs/uploads/"), null, Test);
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync(Test));

        // The registry names its own address; the way there is the forwarded port.
        var location = new Uri(_forward!.Address, begun.Headers.Location!);
        var upload = new Uri(_forward!.Address, location.PathAndQuery + (location.Query.Length > 0 ? "&" : "?") + "digest=" + Uri.EscapeDataString(DigestOf(bytes)));
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/octet-stream");
        using var done = await _client.PutAsync(upload, content, Test);
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync(Test));
    }

    private static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<Uri> AtAsync(string path)
    {
        if (_forward is null || _forward.HasEnded || !await AnswersAsync())
        {
            await EndAsync();
            await ForwardAsync();
        }

        return new(_forward!.Address, path);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri(_forward!.Address, "v2/"), Test);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task ForwardAsync()
    {
        var host = address.Host.Split('.');
        _forward = await PortForward.OpenAsync(host[1], $"service/{host[0]}", address.Port);
    }

    private async Task EndAsync()
    {
        if (_forward is { } forward)
        {
            await forward.DisposeAsync();
        }

        _forward = null;
    }
}
