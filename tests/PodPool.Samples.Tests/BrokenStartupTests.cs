using BrokenStartup;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Functions;

namespace PodPool.Samples.Tests;

public sealed class BrokenStartupTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("not a URL")]
    public void Throws_at_start_and_names_the_setting_and_the_remedy(string? url)
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Configure(url));

        Assert.Contains("--env WAREHOUSE_URL=", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Works_once_it_has_its_setting()
    {
        using var services = Configure("https://warehouse.example").BuildServiceProvider();
        var function = ActivatorUtilities.CreateInstance<LookupFunction>(services);
        var context = new FunctionContext("default", "lookup", "r1", "pod-1", new DefaultHttpContext());

        var place = await function.HandleAsync(new Lookup("desk lamp"), context, TestContext.Current.CancellationToken);

        Assert.Equal("https://warehouse.example/articles/desk%20lamp", place.Url.AbsoluteUri);
    }

    private static ServiceCollection Configure(string? url)
    {
        var services = new ServiceCollection();
        new Startup().Configure(services, new ConfigurationBuilder().AddInMemoryCollection([new(Startup.WarehouseUrl, url)]).Build());
        return services;
    }
}
