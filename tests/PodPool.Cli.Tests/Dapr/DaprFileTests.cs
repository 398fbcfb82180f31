using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;

namespace PodPool.Cli.Tests.Dapr;

/// <summary>Files that say what a function uses of Dapr.</summary>
public sealed class DaprFileTests
{
    [Theory]
    [InlineData("stateStores: [{name: a", "no YAML")]
    [InlineData("stateStores: [", "no YAML")]
    [InlineData("{", "no YAML")]
    [InlineData("? [a, b]\n: c", "a name is wanted")]
    [InlineData("stateStore: []", "stateStore")]
    public void What_is_none_is_refused_with_the_reason(string text, string said)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            var refused = Assert.Throws<CliException>(() => DaprFile.Read(path));
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
