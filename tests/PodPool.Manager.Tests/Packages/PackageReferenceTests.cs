using System.Text;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Tests.Packages;

public sealed class PackageReferenceTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("registry.example/team/hello@sha256:" + Hex, "registry.example/team/hello@sha256:" + Hex)]
    [InlineData("localhost:5000/x:1.0@sha256:" + Hex, "localhost:5000/x@sha256:" + Hex)]
    [InlineData("[::1]:5000/a__b/c-d@sha256:" + Hex, "[::1]:5000/a__b/c-d@sha256:" + Hex)]
    [InlineData("docker.io/hello@sha256:" + Hex, "docker.io/library/hello@sha256:" + Hex)]
    [InlineData("index.docker.io/team/hello@sha256:" + Hex, "docker.io/team/hello@sha256:" + Hex)]
    public void A_reference_that_pins_a_digest_is_read(string text, string read) => Assert.Equal(read, PackageReference.OfImage(text).ToString());

    [Theory]
    [InlineData("registry.example/hello:1.0", "pins no digest, and what a tag points to can change: write registry.example/hello@sha256:digest")]
    [InlineData("registry.example:5000/hello", "pins no digest")]
    [InlineData("hello@sha256:" + Hex, "names no registry")]
    [InlineData("team/hello@sha256:" + Hex, "names no registry")]
    [InlineData("", "names no registry")]
    [InlineData("registry.example/Hello@sha256:" + Hex, "is no repository's name")]
    [InlineData("registry.example/../v2@sha256:" + Hex, "is no repository's name")]
    [InlineData("registry.example/a?b@sha256:" + Hex, "is no repository's name")]
    [InlineData("user@registry.example/a", "names no registry")]
    [InlineData("registry.example/hello@sha256:0123", "is no digest")]
    [InlineData("registry.example/hello@sha512:" + Hex + Hex, "is no digest")]
    [InlineData("registry.example/hello@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "is no digest")]
    public void What_is_no_reference_is_told_so(string text, string why)
    {
        var exception = Assert.Throws<PackageSourceException>(() => PackageReference.OfImage(text));
        Assert.Equal(PackageProblem.ReferenceInvalid, exception.Problem);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://user:secret@files.example/a.zip", Hex, "put them into the pull secret")]
    [InlineData("ftp://files.example/a.zip", Hex, "no absolute https URL")]
    [InlineData("/a.zip", Hex, "no absolute https URL")]
    [InlineData("https://files.example/a.zip", "", "64 hexadecimal digits")]
    public void What_is_no_archive_is_told_so(string url, string sha256, string why)
    {
        var exception = Assert.Throws<PackageSourceException>(() => PackageReference.OfArchive(url, sha256));
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret@", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_url_is_shown_without_its_query()
        => Assert.Equal($"https://files.example/a.zip (sha256:{Hex})", PackageReference.OfArchive("https://files.example/a.zip?signature=secret", Hex.ToUpperInvariant()).ToString());

    [Theory]
    [InlineData("registry.example", "registry.example", true)]
    [InlineData("registry.example:5000", "registry.example:5000", true)]
    [InlineData("https://registry.example:5000/v2/", "registry.example:5000", true)]
    [InlineData("https://index.docker.io/v1/", "docker.io", true)]
    [InlineData("REGISTRY.example", "registry.example", true)]
    [InlineData("registry.example", "registry.example:5000", false)]
    [InlineData("registry.example", "evil.registry.example", false)]
    [InlineData("registry.example", "registry.example.evil", false)]
    public void Credentials_are_for_exactly_their_host(string key, string host, bool found)
    {
        var credential = SourceUnderTest.Credentials(key).For(host);
        Assert.Equal(found, credential is not null);
        Assert.DoesNotContain(RegistryProcess.Password, $"{credential}", StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_in_one_text_are_read()
    {
        var auth = Convert.ToBase64String("me:pass:word"u8);
        var credentials = RegistryCredentials.Parse(Encoding.UTF8.GetBytes("""{"auths":{"r.example":{"auth":"AUTH"}}}""".Replace("AUTH", auth, StringComparison.Ordinal)));
        Assert.Equal(new RegistryCredential("me", "pass:word"), credentials.For("r.example"));
    }

    [Theory]
    [InlineData("secret", "it is no JSON")]
    [InlineData("{}", "no object 'auths'")]
    [InlineData("[]", "no object 'auths'")]
    [InlineData("""{"auths":{"r.example":"secret"}}""", "is no object")]
    [InlineData("""{"auths":{"r.example":{"auth":"secret"}}}""", "is not user:password in Base64")]
    [InlineData("""{"auths":{"r.example":{"identitytoken":"secret"}}}""", "identity tokens are not supported")]
    public void A_secret_that_is_none_is_told_so_and_not_shown(string text, string why)
    {
        var exception = Assert.Throws<PackageSourceException>(() => RegistryCredentials.Parse(Encoding.UTF8.GetBytes(text)).For("r.example"));
        Assert.Equal(PackageProblem.CredentialsInvalid, exception.Problem);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\"secret\"", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""Bearer realm="https://a.example/token",service="r",scope="repository:x:pull,push" """, "Bearer realm=https://a.example/token service=r scope=repository:x:pull,push")]
    [InlineData("""Basic realm="a, \"b\"", bearer Realm = x , service=y""", "Basic realm=a, \"b\"|bearer Realm=x service=y")]
    [InlineData("""Negotiate, Basic realm="x" """, "Negotiate|Basic realm=x")]
    [InlineData("Bearer realm=\"open", "Bearer realm=open")]
    [InlineData("=\"", "")]
    [InlineData("", "")]
    public void Challenges_are_read(string header, string read)
        => Assert.Equal(read, string.Join('|', Challenge.Parse([header]).Select(
            challenge => string.Join(' ', challenge.Parameters.Select(parameter => $"{parameter.Key}={parameter.Value}").Prepend(challenge.Scheme)))));
}
