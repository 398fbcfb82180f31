using CsCheck;
using PodPool.Router.Routing;
using PodPool.Router.Tests.Holding;

namespace PodPool.Router.Tests.Routing;

public sealed class RouteTableTests
{
    private static readonly Gen<string> Segment = Gen.Int[0, 3].Select(index => new[] { "a", "b", "cc", "" }[index]);

    private static readonly Gen<string> Prefix = Segment.Where(segment => segment.Length > 0).Array[0, 4].Select(parts => string.Concat(parts.Select(part => "/" + part)));

    private static readonly Gen<string> Path = Segment.Array[0, 6].Select(parts => string.Concat(parts.Select(part => "/" + part)));

    [Fact]
    public void The_longest_prefix_of_whole_segments_wins()
        => Gen.Select(Prefix.HashSet[0, 6], Path).Sample(
            (prefixes, path) =>
            {
                using var world = new World(1);
                var table = new RouteTable([], prefixes.ToDictionary(prefix => prefix, _ => world.Function));

                var found = table.Find("host", path, out var length);

                var expected = prefixes.Where(prefix => path == prefix || path.StartsWith(prefix + "/", StringComparison.Ordinal)).MaxBy(prefix => prefix.Length);
                Assert.Equal(expected is not null, found is not null);
                Assert.Equal(expected?.Length ?? 0, length);
            },
            iter: 5_000);

    [Theory]
    [InlineData("hello.default", true)]
    [InlineData("HELLO.Default:8080", true)]
    [InlineData("hello.default.:80", true)]
    [InlineData("hello.default.localhost", false)]
    [InlineData("[::1]:8080", false)]
    [InlineData("", false)]
    public void A_host_is_found_without_its_port_in_any_case(string host, bool found)
    {
        using var world = new World(1);
        var table = new RouteTable(new(StringComparer.OrdinalIgnoreCase) { ["hello.default"] = world.Function }, []);

        Assert.Equal(found, table.Find(host, "/x", out var length) is not null);
        Assert.Equal(0, length);
    }

    [Fact]
    public void An_empty_table_finds_nothing() => Assert.Null(RouteTable.Empty.Find("a", "/b/c", out _));
}
