using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Packages;

namespace PodPool.Manager.Tests.Packages;

/// <summary>How a registry is shown who asks: challenges, tokens, and what becomes of them.</summary>
public sealed class RegistryCredentialTests
{
    private readonly FakePackage _package = new(("a.dll", "the code"u8.ToArray()), ("b.dll", "more"u8.ToArray()));

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
            "/missing" => FakeServer.AnswerAsync(context, 404),
            _ => Refuse(context),
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await Assert.ThrowsAsync<PackageSourceException>(() => source.PullAsync(_package.At(server.Host), SourceUnderTest.Credentials(server.Host)));
        Assert.Contains(why, $"{failure.Problem} {failure.Message}", StringComparison.Ordinal);
        Assert.Contains($"registry '{server.Host}', repository 'x'", failure.Message, StringComparison.Ordinal);

        Task Refuse(HttpContext context)
        {
            context.Response.Headers.WWWAuthenticate = challenge.Replace("HERE", $"http://{context.Request.Host}", StringComparison.Ordinal);
            return FakeServer.AnswerAsync(context, 401);
        }
    }

    [Fact]
    public async Task A_refusal_says_whose_rights_are_missing()
    {
        await using var server = await FakeServer.StartAsync(context => FakeServer.AnswerAsync(context, 403, """{"errors":[{"code":"DENIED","message":"correct-horse"},{"code":"correct-horse"}]}"""));
        using var source = new SourceUnderTest(server.Host);
        var with = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host), SourceUnderTest.Credentials(server.Host)), PackageProblem.Forbidden);
        Assert.Contains($"the account in the pull secret's entry for '{server.Host}' needs the right", with.Message, StringComparison.Ordinal);
        var without = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Forbidden);
        Assert.Contains("spec.package.pullSecret", without.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", $"{with}{without}{source.Log.Text}", StringComparison.Ordinal);
    }
}
