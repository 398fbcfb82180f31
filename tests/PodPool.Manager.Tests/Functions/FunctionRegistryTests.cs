using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Functions;

public sealed class FunctionRegistryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_deployed_is_there_after_a_restart()
    {
        var record = Record("a", spec => spec.Environment["KEY"] = "välue");
        Open().Set(record);
        var loaded = Open().All[record.Name];
        Assert.Equal(record.Spec, loaded.Spec);
        Assert.Equal((record.Revision, record.PackageDigest, record.DeployedAt), (loaded.Revision, loaded.PackageDigest, loaded.DeployedAt));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Only_the_owner_can_read_environments()
    {
        Open().Set(Record("a"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FileOf("a")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"spec":{"function":{"namespace":"default","name":"other"}}}""")]
    public void A_file_that_cannot_be_read_is_said_to_be_so_and_the_others_load(string text)
    {
        var registry = Open();
        registry.Set(Record("a"));
        registry.Set(Record("b"));
        File.WriteAllText(FileOf("a"), text);

        var after = Open();
        Assert.Equal(["b"], after.All.Keys.Select(name => name.Name));
        var broken = Assert.Single(after.Broken.Values);
        Assert.Contains(FileOf("a"), broken.Message, StringComparison.Ordinal);
        Assert.Contains("deploy", broken.Message, StringComparison.Ordinal);

        // Nobody knows what files it needs: none may be collected.
        Assert.Null(after.NeededFiles());
        after.Set(Record("a"));
        Assert.Empty(after.Broken);
        Assert.NotNull(after.NeededFiles());
    }

    [Fact]
    public void A_claim_decided_before_a_deploy_still_finds_its_revision()
    {
        var registry = Open();
        var first = Record("a");
        var second = Record("a", spec => spec.Environment["X"] = "2");
        var third = Record("a", spec => spec.Environment["X"] = "3");
        registry.Set(first);
        registry.Set(second);
        Assert.Same(first, registry.Find(first.Name, first.Revision));
        Assert.Same(second, registry.Find(first.Name, second.Revision));
        registry.Set(third);
        Assert.Null(registry.Find(first.Name, first.Revision));
        registry.Remove(first.Name);
        Assert.Null(registry.Find(first.Name, third.Revision));
        Assert.Empty(Open().All);
    }

    [Fact]
    public void All_that_an_instance_is_made_of_makes_another_revision_and_nothing_else()
    {
        var revision = Record("a").Revision;
        Assert.Equal(revision, Record("b", spec => spec.Scale.Max = 5).Revision);
        Assert.Equal(revision, Record("a", spec => spec.Hosts.Add("example.org")).Revision);
        string[] others =
        [
            Record("a", spec => spec.EntryPoint = "B").Revision,
            Record("a", spec => spec.Concurrency = 7).Revision,
            Record("a", spec => spec.Timeout = new() { Seconds = 7 }).Revision,
            Record("a", spec => spec.Environment["AB"] = "C").Revision,
            Record("a", spec => spec.Environment["A"] = "BC").Revision,
        ];
        Assert.Equal(6, others.Append(revision).Distinct().Count());
    }

    [Fact]
    public void A_function_that_cannot_be_served_gives_way_to_one_that_can_and_never_the_other_way()
    {
        var registry = new FunctionRegistry();
        var record = Record("a");
        Assert.True(registry.SetBroken(new(record.Name, "its package is not there")));
        Assert.False(registry.SetBroken(new(record.Name, "its package is not there")));

        registry.Set(record);
        Assert.Empty(registry.Broken);

        Assert.False(registry.SetBroken(new(record.Name, "its next package is not there")));
        Assert.Empty(registry.Broken);
        Assert.NotNull(registry.NeededFiles());
    }

    private FunctionRegistry Open() => new(new FunctionFolder(ManagerUnderTest.OptionsFor(_folder.Path), NullLogger<FunctionFolder>.Instance));

    private string FileOf(string name) => Path.Combine(_folder.Path, "state", "functions", $"default.{name}.json");

    private static FunctionRecord Record(string name, Action<FunctionSpec>? change = null)
    {
        var spec = new FunctionSpec { Function = ManagerClient.Name(name), EntryPoint = "A", Files = { TestPackage.Describe("A.dll", [1, 2, 3]) }, Scale = new() };
        change?.Invoke(spec);
        spec = FunctionRules.Complete(spec);
        return new(new("default", name), spec, FunctionRules.RevisionOf(spec, "sha256:00"), "sha256:00", new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    }
}
