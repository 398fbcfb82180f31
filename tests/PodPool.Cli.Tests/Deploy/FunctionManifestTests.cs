using PodPool.Cli.Deploy;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Tests.Deploy;

public sealed class FunctionManifestTests
{
    [Fact]
    public void What_is_absent_has_the_default_of_the_contract()
    {
        var spec = FunctionManifest.Of(new() { Function = new() { Namespace = "shop", Name = "hello" } }, new(null, [], TimeSpan.Zero), "registry.example/hello@sha256:0", "").Spec;

        Assert.Equal(("default", 100, "60s"), (spec.Pool, spec.Concurrency, spec.Timeout));
        Assert.Equal((0, 0, "5m"), (spec.Scale.Min, spec.Scale.Max, spec.Scale.IdleTimeout));
    }

    [Fact]
    public void A_duration_of_nothing_is_not_an_absent_one()
    {
        var wanted = new FunctionSpec
        {
            Function = new() { Namespace = "shop", Name = "hello" },
            Timeout = new(),
            Scale = new() { IdleTimeout = new() },
        };

        var spec = FunctionManifest.Of(wanted, new(null, [], TimeSpan.Zero), "registry.example/hello@sha256:0", "").Spec;

        Assert.Equal(("0s", "0s"), (spec.Timeout, spec.Scale.IdleTimeout));
    }
}
