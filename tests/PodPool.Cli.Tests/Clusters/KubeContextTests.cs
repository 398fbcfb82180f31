using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.Clusters;

public sealed class KubeContextTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        _terminal["HOME"] = _terminal.Folder;
        Assert.Contains(Path.Combine(_terminal.Folder, ".kube", "config"), FailureOf(null, null).Message, StringComparison.Ordinal);

        _terminal["KUBECONFIG"] = "/no/such/file";
        Assert.Contains("/no/such/file", FailureOf(null, null).Message, StringComparison.Ordinal);

        Assert.Contains("/nor/this", FailureOf("/nor/this", "a").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_named_beside_those_that_are()
    {
        var failure = FailureOf(Write("config", "a"), "b");

        Assert.Contains("'b'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("there is: a", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_of_several_files_that_knows_the_context_counts()
    {
        _terminal["KUBECONFIG"] = $"{Write("one", "a")}{Path.PathSeparator}/no/such/file{Path.PathSeparator}{Write("two", "b")}";

        Assert.Equal("https://a/", KubeContext.Read(null, null, _terminal.Terminal).Configuration.Host);
        Assert.Equal("https://b/", KubeContext.Read(null, "b", _terminal.Terminal).Configuration.Host);
    }

    [Fact]
    public void What_is_no_kubeconfig_is_refused()
    {
        var path = Path.Combine(_terminal.Folder, "config");
        File.WriteAllText(path, "{ this is [ none");

        Assert.Contains(path, FailureOf(path, null).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_and_an_address_are_not_named_together()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("list", "--server", "http://127.0.0.1:1", "--context", "a"));

        Assert.Contains("not both", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_clusters_have_is_refused_without_one()
    {
        _terminal["PODPOOL_SERVER"] = "unix:" + Path.Combine(_terminal.Folder, "nobody.sock");

        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("deploy", ".", "--name", "hello", "--pull-secret", "s"));

        Assert.Contains("--pull-secret", _terminal.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _terminal.Dispose();

    private CliException FailureOf(string? file, string? context)
    {
        var failure = Assert.Throws<CliException>(() => KubeContext.Read(file, context, _terminal.Terminal));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        return failure;
    }

    private string Write(string file, string name)
    {
        var path = Path.Combine(_terminal.Folder, file);
        File.WriteAllText(path, $$$"""
            apiVersion: v1
            kind: Config
            current-context: {{{name}}}
            clusters: [{name: c, cluster: {server: "https://{{{name}}}/"}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{name: {{{name}}}, context: {cluster: c, user: u}}]
            """);
        return path;
    }
}
