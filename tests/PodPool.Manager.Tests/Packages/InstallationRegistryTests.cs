using PodPool.Manager.Packages;

namespace PodPool.Manager.Tests.Packages;

public sealed class InstallationRegistryTests
{
    [Theory]
    [InlineData("https://registry.example", "registry.example/shop/mail")]
    [InlineData("https://registry.example/team/", "registry.example/team/shop/mail")]
    [InlineData("https://registry.example:8443", "registry.example:8443/shop/mail")]
    [InlineData("http://registry:80", "registry:80/shop/mail")]
    [InlineData("https://registry", "registry:443/shop/mail")]
    [InlineData("http://localhost:5000", "localhost:5000/shop/mail")]
    [InlineData("http://[::1]:5000", "[::1]:5000/shop/mail")]
    public void A_function_has_a_repository_below_its_namespace(string address, string repository)
        => Assert.Equal(repository, new InstallationRegistry(address, null).RepositoryOf(new("shop", "mail")).ToString());
}
