using System.Net;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Serving;

public sealed class LargeBodyTests
{
    /// <summary>Bytes; many times what the pod's memory may grow by.</summary>
    private const long Large = 256L << 20;

    private static readonly Lazy<TestPackage> Function = new(() => TestPackage.Of("""
        public class Big : IHttpFunction
        {
            public async Task HandleAsync(HttpContext context)
            {
                if (context.Request.Path == "/echo") { await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted); return; }
                var buffer = new byte[65536];
                long total = 0;
                int read;
                while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0) { total += read; }
                await context.Response.WriteAsync(total.ToString(CultureInfo.InvariantCulture));
            }
        }
        """));

    [Theory]
    [InlineData("/count", "1.1")]
    [InlineData("/echo", "2.0")]
    public async Task A_large_body_streams_through_at_constant_memory(string path, string version)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        using var client = pod.ClientFor(Version.Parse(version));
        await TransferAsync(client, path, 16 << 20);
        var before = pod.ResidentBytes();

        var received = await TransferAsync(client, path, Large);

        Assert.Equal(path == "/echo" ? Large : 9, received);
        var grown = pod.ResidentBytes() - before;
        Assert.True(grown < 48 << 20, $"resident memory grew by {grown >> 20} MB");
    }

    private static async Task<long> TransferAsync(HttpClient client, string path, long length)
    {
        using var body = new Zeros(length);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body, Version = client.DefaultRequestVersion, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
        {
            total += read;
        }

        return total;
    }

    /// <summary>
    /// Some bytes, none of them in memory. Not a <see cref="StreamContent"/>: with that the client reads no response before the whole
    /// body is sent, so that an echo waits for a reader who waits for it.
    /// </summary>
    private sealed class Zeros(long length) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffer = new byte[1 << 16];
            for (var left = length; left > 0; left -= buffer.Length)
            {
                await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
