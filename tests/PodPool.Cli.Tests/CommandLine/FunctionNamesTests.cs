using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.CommandLine;

public sealed class FunctionNamesTests
{
    [Theory]
    [InlineData("hello", "shop", "hello")]
    [InlineData("h", "shop", "h")]
    [InlineData("other/order-mail2", "other", "order-mail2")]
    [InlineData("2nd/hello", "2nd", "hello")]
    public void Reads_a_name_with_or_without_its_namespace(string text, string @namespace, string name)
    {
        var read = FunctionNames.Parse(text, "shop");
        Assert.Equal((@namespace, name), (read.Namespace, read.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Hello")]
    [InlineData("hello-")]
    [InlineData("-hello")]
    [InlineData("2nd")]
    [InlineData("a.b")]
    [InlineData("a/b/c")]
    [InlineData("Shop/hello")]
    [InlineData("/hello")]
    [InlineData("shop/")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Refuses_what_no_Service_could_be_named(string text)
    {
        var failure = Assert.Throws<CliException>(() => FunctionNames.Parse(text, "shop"));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains("63 at most", failure.Remedy, StringComparison.Ordinal);
    }
}
