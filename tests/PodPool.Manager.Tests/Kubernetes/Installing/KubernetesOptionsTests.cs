using PodPool.Manager.Kubernetes;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Installing;

public sealed class KubernetesOptionsTests
{
    [Fact]
    public void A_Gateway_is_named_with_its_namespace()
    {
        var options = Options("infra/public.v2");
        options.Validate();
        Assert.Equal(new ObjectName("infra", "public.v2"), options.Kubernetes!.GatewayName);
    }

    [Theory]
    [InlineData("public")]
    [InlineData("/public")]
    [InlineData("infra/")]
    [InlineData("infra/public/http")]
    [InlineData("Infra/public")]
    public void What_names_no_Gateway_is_refused_at_the_start(string gateway)
        => Assert.Contains("Gateway", Assert.Throws<ManagerOptionsException>(Options(gateway).Validate).Message, StringComparison.Ordinal);

    [Fact]
    public void TLS_is_spoken_on_a_cluster_where_the_address_says_so_and_nowhere_else()
    {
        var secure = Options("infra/public") with { Listen = "https://0.0.0.0:8081" };
        secure.Validate();
        Assert.True(secure.ListensOverTls);
        Assert.False((secure with { Listen = "http://0.0.0.0:8081" }).ListensOverTls);
        Assert.Contains("is https", Assert.Throws<ManagerOptionsException>((secure with { Kubernetes = null }).Validate).Message, StringComparison.Ordinal);
    }

    private static ManagerOptions Options(string gateway) => ManagerUnderTest.OptionsFor("/nowhere") with
    {
        Kubernetes = new() { Namespace = "podpool-system", Identity = "a", Operators = "http://127.0.0.1:1", Gateway = gateway },
    };
}
