using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Tests.Packages;

/// <summary>Against servers that are as no registry should be.</summary>
public sealed class RegistryFailureTests
{
    private static readonly byte[] Code = "the code"u8.ToArray();

    private readonly FakePackage _package = new(("a.dll", Code), ("b.dll", "more"u8.ToArray()));

    [Fact]
    public async Task A_redirect_is_followed_and_takes_no_credentials_to_another_host()
    {
        await using var storage = await FakeServer.StartAsync(_package.AnswerAsync);
        await using var server = await FakeServer.StartAsync(context =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"x\"";
                return FakeServer.AnswerAsync(context, 401);
            }

            context.Response.Headers.Location = context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal) ? "/moved" + context.Request.Path
                : $"{storage.Address.GetLeftPart(UriPartial.Authority)}{context.Request.Path.Value!["/moved".Length..]}?signature=secret";
            return FakeServer.AnswerAsync(context, 307);
        });
        using var source = new SourceUnderTest(change: options => options with { InsecureHosts = [server.Host, storage.Host], BackOff = TimeSpan.FromMilliseconds(1) });
        await source.PullAsync(_package.At(server.Host), SourceUnderTest.Credentials(server.Host));
        Assert.Equal(3, storage.Requests.Count);
        Assert.All(storage.Requests, request => Assert.Equal("", request.Authorization));
        Assert.Contains(server.Requests, request => request.Target.StartsWith("/moved", StringComparison.Ordinal) && request.Authorization.Length > 0);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest?signature=secret", nameof(PackageProblem.AnswerInvalid), "led to 'http://169.254.169.254', without TLS")]
    [InlineData("https://unknown.invalid/x?signature=secret", nameof(PackageProblem.Unreachable), "led to 'unknown.invalid', and there the host name 'unknown.invalid' is not known")]
    [InlineData("file:///etc/passwd", nameof(PackageProblem.AnswerInvalid), "it is not set up as it should")]
    [InlineData("gopher://a/b", nameof(PackageProblem.AnswerInvalid), "neither https nor http")]
    [InlineData("/v2/again", nameof(PackageProblem.AnswerInvalid), "redirected more than 5 times")]
    [InlineData("http://[", nameof(PackageProblem.AnswerInvalid), "status 302")]
    public async Task A_redirect_that_leads_nowhere_is_told(string location, string problem, string why)
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.Headers.Location = location;
            return FakeServer.AnswerAsync(context, 302);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), Enum.Parse<PackageProblem>(problem));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure + source.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_bytes_than_the_manifest_says_are_not_taken()
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                // No length; and it would never end.
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(new byte[4096], context.RequestAborted);
                }
            }

            await _package.AnswerAsync(context);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.DigestMismatch);
        Assert.Contains("more than the announced", failure.Message, StringComparison.Ordinal);
        Assert.Empty(source.Leftovers());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manifest_that_is_too_large_is_not_taken(bool announced)
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            context.Response.ContentType = PackageManifest.MediaType;
            context.Response.ContentLength = announced ? PackageManifest.MaxBytes + 1 : null;
            await context.Response.Body.WriteAsync(new byte[PackageManifest.MaxBytes + 1], context.RequestAborted);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.PackageTooLarge);
        Assert.Contains("more than 4194304 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.index.v1+json", "{}", nameof(PackageProblem.PackageInvalid), "this is no package but 'application/vnd.oci.image.index.v1+json'")]
    [InlineData("application/vnd.oci.image.manifest.v1+json", "{}", nameof(PackageProblem.DigestMismatch), "has the digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]
    [InlineData("text/html", "<html>", nameof(PackageProblem.DigestMismatch), "has the digest")]
    public async Task Something_else_than_the_manifest_is_told(string mediaType, string body, string problem, string why)
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.ContentType = mediaType;
            return context.Response.WriteAsync(body, context.RequestAborted);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), Enum.Parse<PackageProblem>(problem));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "no Location")]
    [InlineData("http://elsewhere.invalid/upload?state=secret", "led to 'http://elsewhere.invalid', without TLS")]
    [InlineData("ftp://elsewhere.invalid/upload?state=secret", "led to an address that is neither https nor http")]
    public async Task An_upload_that_leads_nowhere_is_told(string? location, string why)
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.Headers.Location = location;
            return FakeServer.AnswerAsync(context, context.Request.Method == "HEAD" ? 404 : 202);
        });
        using var source = new SourceUnderTest(server.Host);
        var file = await source.StoreAsync("a.dll", Code);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PushAsync($"{server.Host}/x", [file]), PackageProblem.AnswerInvalid);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains("the file 'a.dll'", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_the_registry_forgot_begins_anew()
    {
        var begun = 0;
        var received = new MemoryStream();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            switch (context.Request.Method)
            {
                case "HEAD":
                    context.Response.StatusCode = context.Request.Path.Value!.EndsWith(ImageReference.DigestOf("{}"u8), StringComparison.Ordinal) ? 200 : 404;
                    break;
                case "POST":
                    begun++;
                    received.SetLength(0);

                    // Larger pieces than ours, please; and on another path each time.
                    context.Response.Headers["OCI-Chunk-Min-Length"] = "100000";
                    context.Response.Headers.Location = "/upload/0?state=1";
                    context.Response.StatusCode = 202;
                    break;
                case "PATCH" when begun == 1:
                    context.Response.StatusCode = 404;
                    break;
                case "PATCH":
                    Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{received.Length}-{received.Length + context.Request.ContentLength - 1}"), context.Request.Headers.ContentRange.ToString());
                    await context.Request.Body.CopyToAsync(received, context.RequestAborted);
                    context.Response.Headers.Location = string.Create(CultureInfo.InvariantCulture, $"/upload/{received.Length}?state=2");
                    context.Response.StatusCode = 202;
                    break;
                default:
                    context.Response.StatusCode = 201;
                    break;
            }
        });
        using var source = new SourceUnderTest(server.Host, change: options => options with { UploadChunk = 64 << 10, Transfers = 1 });
        var bytes = RandomNumberGenerator.GetBytes(150_000);
        var file = await source.StoreAsync("a.dll", bytes);
        await source.PushAsync($"{server.Host}/x", [file]);
        Assert.Equal(bytes, received.ToArray());
        Assert.Equal(2, server.Requests.Count(request => request.Method == "PATCH" && request.Target == "/upload/0?state=1"));
        Assert.Contains(server.Requests, request => request.Target == $"/upload/150000?state=2&digest={ImageReference.Write(file.Sha256)}");
    }
}
