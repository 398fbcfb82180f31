using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.Wire;
using PodPool.Manager.Loader.Certificates;

namespace PodPool.Manager.Tests.Loader;

public sealed class CertificateAuthorityTests
{
    private const string Name = "default.production.loader.podpool.dev";

    private readonly FakeTimeProvider _time = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_servers_certificate_names_its_pool_and_is_good_for_listening_alone()
    {
        using var authority = CertificateAuthority.Create(_time);

        var issued = authority.IssueServer(Name, _time);

        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        Assert.True(certificate.MatchesHostname(Name));
        Assert.False(certificate.MatchesHostname("other.production.loader.podpool.dev"));
        Assert.Equal($"CN={Name}", certificate.Subject);
        Assert.True(IsTrusted(certificate, InstallationTls.ServerUse, authority));
        Assert.False(IsTrusted(certificate, InstallationTls.ClientUse, authority));
        Assert.Equal(TimeSpan.FromDays(30), issued.Life.NotAfter - _time.GetUtcNow());
    }

    [Theory]
    [InlineData(false, InstallationTls.ManagerName)]
    [InlineData(true, InstallationTls.RouterName)]
    public void What_managers_and_routers_call_with_names_them_and_is_good_for_calling_alone(bool isRouter, string name)
    {
        using var authority = CertificateAuthority.Create(_time);

        var issued = isRouter ? authority.IssueRouter(_time) : authority.IssueClient(_time);

        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        Assert.True(InstallationTls.IsNamed(name, certificate, SslPolicyErrors.None));
        Assert.False(InstallationTls.IsNamed(name, certificate, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(InstallationTls.IsNamed(isRouter ? InstallationTls.ManagerName : InstallationTls.RouterName, certificate, SslPolicyErrors.None));
        Assert.True(IsTrusted(certificate, InstallationTls.ClientUse, authority));
        Assert.False(IsTrusted(certificate, InstallationTls.ServerUse, authority));
    }

    [Fact]
    public void What_an_authority_issued_no_other_vouches_for_and_it_makes_no_authorities()
    {
        using var authority = CertificateAuthority.Create(_time);
        using var other = CertificateAuthority.Create(_time);
        var issued = authority.IssueClient(_time);
        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);

        Assert.False(IsTrusted(certificate, InstallationTls.ClientUse, other));
        Assert.True(IsTrusted(certificate, InstallationTls.ClientUse, other, authority));
        Assert.Throws<FormatException>(() => InstallationTls.ReadAuthorities(issued.CertificatePem));
    }

    [Fact]
    public void A_name_that_is_too_long_for_a_subject_stands_in_the_alternative_name()
    {
        using var authority = CertificateAuthority.Create(_time);
        var name = LoaderName.Of(new string('p', 40), new string('n', 63));

        var issued = authority.IssueServer(name, _time);

        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        Assert.True(certificate.MatchesHostname(name));
        Assert.True(IsTrusted(certificate, InstallationTls.ServerUse, authority));
    }

    [Fact]
    public void An_authority_that_was_kept_issues_on()
    {
        using var made = CertificateAuthority.Create(_time);
        using var kept = CertificateAuthority.Import(made.CertificatePem, made.ExportKeyPem());

        var issued = kept.IssueServer(Name, _time);

        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        Assert.True(IsTrusted(certificate, InstallationTls.ServerUse, made));
        Assert.Equal(made.Life, kept.Life);
        Assert.Equal(made.CertificatePem, kept.CertificatePem);
    }

    [Fact]
    public void What_is_no_authority_is_refused_without_a_word_of_the_key()
    {
        using var authority = CertificateAuthority.Create(_time);
        using var other = CertificateAuthority.Create(_time);
        var leaf = authority.IssueClient(_time);
        var key = authority.ExportKeyPem();
        AssertRefused("holds not the key", authority.CertificatePem, other.ExportKeyPem());
        AssertRefused("is no authority's", leaf.CertificatePem, leaf.KeyPem);
        AssertRefused("no private key", authority.CertificatePem, key[..^40]);
        AssertRefused("no private key", authority.CertificatePem, authority.CertificatePem);
        AssertRefused("no certificate", key, key);
        AssertRefused("2 certificates", TrustBundle.Of(authority, other).Pem, key);

        void AssertRefused(string fault, string certificatePem, string keyPem)
        {
            var exception = Assert.Throws<FormatException>(() => CertificateAuthority.Import(certificatePem, keyPem));
            Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(keyPem.Split('\n')[2][..16], exception.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Nothing_that_holds_a_key_shows_it()
    {
        using var authority = CertificateAuthority.Create(_time);
        var issued = authority.IssueClient(_time);

        Assert.DoesNotContain("PRIVATE", $"{authority} {issued} {issued.Life} {authority.CertificatePem} {issued.CertificatePem}", StringComparison.Ordinal);
    }

    [Fact]
    public void Renewal_is_due_at_two_thirds_of_a_life()
    {
        using var authority = CertificateAuthority.Create(_time);
        var issued = authority.IssueServer(Name, _time);
        Assert.False(issued.Life.IsDue(_time));

        _time.SetUtcNow(issued.Life.DueAt - TimeSpan.FromSeconds(1));
        Assert.False(issued.Life.IsDue(_time));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(issued.Life.IsDue(_time));
        Assert.InRange((issued.Life.NotAfter - _time.GetUtcNow()).TotalDays, 9.9, 10.1);

        Assert.False(authority.Life.IsDue(_time));
        _time.Advance(CertificateAuthority.AuthorityLife * 0.67);
        Assert.True(authority.Life.IsDue(_time));
    }

    [Fact]
    public void Nothing_outlives_its_authority()
    {
        using var authority = CertificateAuthority.Create(_time);
        _time.SetUtcNow(authority.Life.NotAfter - TimeSpan.FromDays(3));

        var issued = authority.IssueClient(_time);

        Assert.Equal(authority.Life.NotAfter, issued.Life.NotAfter);
        Assert.Equal(authority.Life, CertificateLife.Of(authority.CertificatePem));
    }

    [Theory]
    [InlineData("default", "podpool-system", "default.podpool-system.loader.podpool.dev")]
    [InlineData("a.b", "c", "a.b.c.loader.podpool.dev")]
    public void A_pools_name_has_its_namespace_in_it(string pool, string space, string expected) => Assert.Equal(expected, LoaderName.Of(pool, space));

    [Theory]
    [InlineData("*", "default")]
    [InlineData("", "default")]
    [InlineData("a", "")]
    [InlineData("a", "b.c")]
    [InlineData("A", "b")]
    [InlineData("a.", "b")]
    [InlineData("-a", "b")]
    [InlineData("a", "b/c")]
    public void What_is_no_name_is_nobodys(string pool, string space) => Assert.Throws<ArgumentException>(() => LoaderName.Of(pool, space));

    private bool IsTrusted(X509Certificate2 certificate, string use, params CertificateAuthority[] authorities)
    {
        using var chain = new X509Chain { ChainPolicy = InstallationTls.Trust(TrustBundle.Of(authorities).Certificates, use) };
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        return chain.Build(certificate);
    }
}
