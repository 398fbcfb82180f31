using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>Against servers that are as no registry should be, or as few are.</summary>
public sealed class RegistryFailureTests
{
    private static readonly byte[] Code = "the code"u8.ToArray();

    private readonly FakePackage _package = new(("a.dll", Code), ("b.dll", "more"u8.ToArray()));

    [Fact]
    public async Task A_token_is_fetched_once_for_a_scope_and_again_when_it_expired()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var tokens = 0;
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/token")
            {
                await context.Response.WriteAsync($$"""{"token":"token-{{++tokens}}","expires_in":100}""", context.RequestAborted);
            }
            else if (context.Request.Headers.Authorization == $"Bearer token-{tokens}" && tokens > 0)
            {
                await _package.AnswerAsync(context);
            }
            else
            {
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{context.Request.Host}/token\",service=\"the registry\",scope=\"repository:x:pull\"";
            }
        });
        using var source = new SourceUnderTest(server.Host, time: time);
        var image = _package.At(server.Host);
        var package = await source.PullAsync(image, SourceUnderTest.Credentials(server.Host));
        var asked = Assert.Single(server.Requests, request => request.Target.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal("/token?service=the%20registry&scope=repository%3Ax%3Apull", asked.Target);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RegistryProcess.User}:{RegistryProcess.Password}")), asked.Authorization);
        Assert.Single(server.Requests, request => request.Authorization.Length == 0);

        source.Store.Discard(package.Files[0].Sha256);
        await source.PullAsync(image, SourceUnderTest.Credentials(server.Host));
        Assert.Equal(1, tokens);

        time.Advance(TimeSpan.FromSeconds(91));
        source.Store.Discard(package.Files[0].Sha256);
        await source.PullAsync(image, SourceUnderTest.Credentials(server.Host));
        Assert.Equal(2, tokens);

        // Nobody uses another's.
        source.Store.Discard(package.Files[0].Sha256);
        await source.PullAsync(image, null);
        Assert.Equal(3, tokens);
        Assert.DoesNotContain("token-1", source.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_replaced()
    {
        var valid = "first";
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/token")
            {
                await context.Response.WriteAsync($$"""{"access_token":"{{valid}}"}""", context.RequestAborted);
            }
            else if (context.Request.Headers.Authorization == $"Bearer {valid}")
            {
                await _package.AnswerAsync(context);
            }
            else
            {
                context.Response.StatusCode = 401;
                context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{context.Request.Host}/token\"";
            }
        });
        using var source = new SourceUnderTest(server.Host);
        var package = await source.PullAsync(_package.At(server.Host));
        valid = "second";
        source.Store.Discard(package.Files[0].Sha256);
        await source.PullAsync(_package.At(server.Host));
    }

    [Theory]
    [InlineData("", "(it names: none)")]
    [InlineData("Negotiate", "(it names: Negotiate)")]
    [InlineData("Bearer service=\"x\"", "does not say from where")]
    [InlineData("Bearer realm=\"/token\"", "AnswerInvalid")]
    [InlineData("Bearer realm=\"http://elsewhere.invalid/token\"", "led to 'http://elsewhere.invalid', without TLS")]
    [InlineData("Bearer realm=\"file:///etc/passwd\"", "neither https nor http")]
    [InlineData("Bearer realm=\"HERE/none\"", "holds no token")]
    [InlineData("Bearer realm=\"HERE/bad\"", "holds no token")]
    [InlineData("Bearer realm=\"HERE/large\"", "holds no token")]
    [InlineData("Bearer realm=\"HERE/missing\"", "a token for it from ")]
    public async Task A_challenge_that_nobody_can_meet_is_told(string challenge, string why)
    {
        await using var server = await FakeServer.StartAsync(context => context.Request.Path.Value switch
        {
            "/none" => context.Response.WriteAsync("{}", context.RequestAborted),
            "/bad" => context.Response.WriteAsync("{\"token\":\"a\\r\\nX: y\"}", context.RequestAborted),
            "/large" => context.Response.WriteAsync(new string(' ', 300 << 10) + "{\"token\":\"a\"}", context.RequestAborted),
            "/missing" => Answer(context, 404),
            _ => Refuse(context),
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await Assert.ThrowsAsync<PackageSourceException>(() => source.PullAsync(_package.At(server.Host), SourceUnderTest.Credentials(server.Host)));
        Assert.Contains(why, $"{failure.Problem} {failure.Message}", StringComparison.Ordinal);
        Assert.Contains($"registry '{server.Host}', repository 'x'", failure.Message, StringComparison.Ordinal);

        Task Refuse(HttpContext context)
        {
            context.Response.Headers.WWWAuthenticate = challenge.Replace("HERE", $"http://{context.Request.Host}", StringComparison.Ordinal);
            return Answer(context, 401);
        }
    }

    [Fact]
    public async Task A_refusal_says_whose_rights_are_missing()
    {
        await using var server = await FakeServer.StartAsync(context => Answer(context, 403, """{"errors":[{"code":"DENIED","message":"correct-horse"},{"code":"correct-horse"}]}"""));
        using var source = new SourceUnderTest(server.Host);
        var with = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host), SourceUnderTest.Credentials(server.Host)), PackageProblem.Forbidden);
        Assert.Contains($"the account in the pull secret's entry for '{server.Host}' needs the right", with.Message, StringComparison.Ordinal);
        var without = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Forbidden);
        Assert.Contains("spec.package.pullSecret", without.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", $"{with}{without}{source.Log.Text}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_followed_and_takes_no_credentials_to_another_host()
    {
        await using var storage = await FakeServer.StartAsync(_package.AnswerAsync);
        await using var server = await FakeServer.StartAsync(context =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"x\"";
                return Answer(context, 401);
            }

            context.Response.Headers.Location = context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal) ? "/moved" + context.Request.Path
                : $"{storage.Address.GetLeftPart(UriPartial.Authority)}{context.Request.Path.Value!["/moved".Length..]}?signature=secret";
            return Answer(context, 307);
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
            return Answer(context, 302);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), Enum.Parse<PackageProblem>(problem));
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure + source.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_server_that_asks_for_a_pause_gets_it(int status)
    {
        var time = new WaitRecorder();
        var asked = 0;
        await using var server = await FakeServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref asked) > 2)
            {
                return _package.AnswerAsync(context);
            }

            context.Response.Headers.RetryAfter = "7";
            return Answer(context, status);
        });
        using var source = new SourceUnderTest(server.Host, time: time);
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], time.Waits);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_pause_is_left_alone()
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return Answer(context, 429);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unavailable);
        Assert.Equal(TimeSpan.FromHours(1), failure.RetryAfter);
        Assert.True(failure.IsTransient);
        Assert.Contains("too many requests (status 429), not before 3600 s", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_fails_is_asked_a_few_times_with_longer_pauses()
    {
        var time = new WaitRecorder();
        await using var server = await FakeServer.StartAsync(context => Answer(context, 502));
        using var source = new SourceUnderTest(server.Host, time: time, change: options => options with { BackOff = TimeSpan.FromSeconds(1) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unavailable);
        Assert.Contains("the server failed (status 502)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
        Assert.Collection(
            time.Waits,
            wait => Assert.InRange(wait.TotalSeconds, 0.5, 1),
            wait => Assert.InRange(wait.TotalSeconds, 1, 2),
            wait => Assert.InRange(wait.TotalSeconds, 2, 4));
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_is_made_again()
    {
        var broken = 0;
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal) && Interlocked.Increment(ref broken) == 1)
            {
                context.Response.ContentLength = Code.Length;
                await context.Response.Body.WriteAsync(Code.AsMemory(0, 3), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                return;
            }

            await _package.AnswerAsync(context);
        });
        using var source = new SourceUnderTest(server.Host, change: options => options with { Transfers = 1 });
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(3, broken);
        Assert.Empty(source.Leftovers());
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        await using var server = await FakeServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        using var source = new SourceUnderTest(server.Host, change: options => options with { Attempts = 1, StallTimeout = TimeSpan.FromMilliseconds(100) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unreachable);
        Assert.Contains("no answer came within 0.1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_that_stands_still_is_given_up()
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                await context.Response.Body.WriteAsync(Code.AsMemory(0, 3), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }

            await _package.AnswerAsync(context);
        });
        using var source = new SourceUnderTest(server.Host, change: options => options with { Attempts = 1, StallTimeout = TimeSpan.FromSeconds(3) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unreachable);
        Assert.Contains("nothing came for 3 s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(source.Leftovers());
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_it()
    {
        using var leaving = new CancellationTokenSource();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            await leaving.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var source = new SourceUnderTest(server.Host);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => source.Source.ResolveAsync(PackageReference.OfImage(_package.At(server.Host).ToString()), null, leaving.Token));
        Assert.Single(server.Requests);
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
            return Answer(context, context.Request.Method == "HEAD" ? 404 : 202);
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

    [Fact]
    public async Task A_server_of_an_own_authority_is_trusted_when_that_is_named()
    {
        using var authority = Authority();
        using var certificate = CertificateOf(authority, "localhost");
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync, certificate);
        var host = string.Create(CultureInfo.InvariantCulture, $"localhost:{server.Address.Port}");
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "ca.pem");
        await File.WriteAllTextAsync(file, authority.ExportCertificatePem(), ManagerUnderTest.Test);

        using var trusting = new SourceUnderTest(change: options => options with { AuthorityFile = file });
        await trusting.PullAsync(_package.At(host));

        using var other = new SourceUnderTest();
        var failure = await SourceUnderTest.FailureOfAsync(() => other.PullAsync(_package.At(host)), PackageProblem.Untrusted);
        Assert.Contains("TLS failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("in the manager's authority file", failure.Message, StringComparison.Ordinal);

        // Of the right authority, but another's.
        using var mistaken = new SourceUnderTest(change: options => options with { AuthorityFile = file });
        failure = await SourceUnderTest.FailureOfAsync(() => mistaken.PullAsync(_package.At(server.Host)), PackageProblem.Untrusted);
        Assert.Contains("NameMismatch", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Authorities_that_cannot_be_read_are_told()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("there is no file", Assert.Throws<ManagerOptionsException>(() => new SourceUnderTest(folder: folder, change: options => options with { AuthorityFile = folder.Path + "/none" })).Message, StringComparison.Ordinal);
        Assert.Contains("Transfers", Assert.Throws<ManagerOptionsException>(() => new SourceUnderTest(folder: folder, change: options => options with { Transfers = 0 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_that_share_a_package_fetch_it_once()
    {
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync);
        using var source = new SourceUnderTest(server.Host);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => source.PullAsync(_package.At(server.Host))));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task What_nobody_asked_for_since_is_forgotten()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync);
        using var source = new SourceUnderTest(server.Host, time: time);
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(0, source.Source.Collect(TimeSpan.FromHours(1)));
        time.Advance(TimeSpan.FromHours(2));
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(0, source.Source.Collect(TimeSpan.FromHours(1)));
        Assert.Equal(3, server.Requests.Count);

        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, source.Source.Collect(TimeSpan.FromHours(1)));
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(4, server.Requests.Count);
    }

    private static async Task Answer(HttpContext context, int status, string body = "")
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 CertificateOf(X509Certificate2 authority, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.Create(authority, now.AddHours(-1), now.AddHours(1), [1, 2, 3]);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>Time in which short waits are over at once, and are written down; timeouts are longer.</summary>
    private sealed class WaitRecorder : TimeProvider
    {
        private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime <= TimeSpan.Zero || dueTime > Longest)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
