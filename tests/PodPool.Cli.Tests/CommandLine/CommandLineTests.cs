using System.Text.Json;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.CommandLine;

public sealed class CommandLineTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    /// <summary>Throws what no verb expects.</summary>
    private Terminal Broken => _terminal.Terminal with { Environment = _ => throw new NotSupportedException("no such luck") };

    [Theory]
    [InlineData("lisst")]
    [InlineData("deploy")]
    [InlineData("deploy", "x")]
    [InlineData("deploy", "x", "--name", "hello", "--concurrency", "0")]
    [InlineData("deploy", "x", "--name", "hello", "--concurrency", "10001")]
    [InlineData("deploy", "x", "--name", "hello", "--idle-timeout", "-1")]
    [InlineData("deploy", "x", "--name", "hello", "--min", "3", "--max", "2")]
    [InlineData("deploy", "x", "--name", "hello", "--env", "NOVALUE")]
    [InlineData("deploy", "x", "--name", "hello", "--on-empty-pool", "maybe")]
    [InlineData("deploy", "x", "--name", "Not_A_Label")]
    [InlineData("list", "--output", "xml")]
    [InlineData("logs")]
    [InlineData("logs", "hello", "--pod", "p1")]
    [InlineData("pool", "resize", "default")]
    [InlineData("pool", "resize", "default", "--warm", "-1")]
    [InlineData("invoke", "hello", "--data", "x", "--file", "/no/such/file")]
    [InlineData("bench", "--scenario", "nonsense")]
    [InlineData("bench", "--arrivals", "sometimes")]
    [InlineData("bench", "--count", "0")]
    [InlineData("bench", "--router", "somewhere")]
    [InlineData("bench", "--router", "http://router.example")]
    [InlineData("bench", "--plain", "shop/hello")]
    [InlineData("bench", "--plain", "shop/hello", "--plain-url", "somewhere")]
    [InlineData("bench", "--show", "nonsense")]
    [InlineData("bench", "--file", "/no/such/scenario.yaml")]
    [InlineData("bench", "--target", "somewhere")]
    [InlineData("bench", "--force-cold", "true")]
    [InlineData("bench", "--target", "http://127.0.0.1:1", "--package", "x")]
    [InlineData("bench", "--scenario", "steady", "--target", "http://127.0.0.1:1")]
    [InlineData("bench", "--scenario", "hello", "steady")]
    [InlineData("bench", "--scenario", "steady", "--count", "5")]
    [InlineData("bench", "--duration", "5")]
    [InlineData("bench", "compare", "x")]
    [InlineData("bench", "compare", "/no/such/report.json", "/no/such/report.json")]
    [InlineData("bench", "compare", "x", "y", "--min-effect", "-1")]
    [InlineData("completion", "tcsh")]
    [InlineData("list", "--server", "ftp://somewhere")]
    [InlineData("local", "--access-log", "")]
    [InlineData("local", "--access-log", "-")]
    [InlineData("local", "--state", "")]
    public async Task A_wrong_command_line_ends_with_2_and_says_what_is_wrong(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync(arguments));

        Assert.StartsWith("error: ", _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_terminal.Out);
    }

    [Fact]
    public async Task A_wrong_command_line_is_JSON_for_scripts_too()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("pool", "resize", "default", "--output", "json"));

        using var json = JsonDocument.Parse(_terminal.Error);
        Assert.Contains("--warm", json.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("see `podpool pool resize --help`", json.RootElement.GetProperty("error").GetProperty("remedy").GetString());
    }

    [Fact]
    public async Task A_Deployment_to_compare_with_is_not_left_out()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("bench", "--plain", "shop/hello", "--plain-url", "http://127.0.0.1/", "--skip-no-pool"));

        Assert.Contains("leave --skip-no-pool out", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_every_exit_code()
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("--help"));

        Assert.All(ExitCode.All, code => Assert.Contains($"  {code.Code,-4} {code.Meaning}", _terminal.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_manager_is_its_own_exit_code_and_says_how_to_get_one()
    {
        _terminal["PODPOOL_SERVER"] = "unix:" + Path.Combine(_terminal.Folder, "nobody.sock");

        Assert.Equal(ExitCode.Unreachable, await _terminal.RunAsync("list"));

        Assert.Contains("podpool local", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_are_json_for_scripts_and_leave_standard_output_empty()
    {
        _terminal["PODPOOL_SERVER"] = "unix:" + Path.Combine(_terminal.Folder, "nobody.sock");

        await _terminal.RunAsync("list", "--output", "json");

        Assert.Empty(_terminal.Out);
        using var json = JsonDocument.Parse(_terminal.Error);
        Assert.Contains("no manager answers", json.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("podpool local", json.RootElement.GetProperty("error").GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_reckoned_with_is_told_with_where_it_happened_and_has_its_own_exit_code()
    {
        Assert.Equal(ExitCode.Unexpected, await PodPoolCommand.RunAsync(["list"], Broken, TestContext.Current.CancellationToken));

        Assert.StartsWith("error: unexpected: System.NotSupportedException: no such luck\nwhat to do: this is a defect of podpool: please report it", _terminal.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("   at PodPool.Cli.", _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_terminal.Out);
    }

    [Theory]
    [InlineData("--output", "json")]
    [InlineData("--output=json")]
    [InlineData("-o", "json")]
    public async Task What_nobody_reckoned_with_is_one_JSON_value_for_scripts(params string[] format)
    {
        Assert.Equal(ExitCode.Unexpected, await PodPoolCommand.RunAsync(["list", .. format], Broken, TestContext.Current.CancellationToken));

        using var json = JsonDocument.Parse(_terminal.Error);
        Assert.Equal("unexpected: System.NotSupportedException: no such luck", json.RootElement.GetProperty("error").GetProperty("message").GetString());
        Assert.Empty(_terminal.Out);
    }

    [Theory]
    [InlineData("error: unexpected: System.ObjectDisposedException: ", "--help")]
    [InlineData("{\"error\":{\"message\":\"unexpected: System.ObjectDisposedException: ", "list", "--help", "--output=json")]
    [InlineData("{\"error\":{\"message\":\"unexpected: System.ObjectDisposedException: ", "list", "-o", "json", "--help")]
    public async Task What_fails_outside_of_a_verb_is_told_in_the_same_way(string told, params string[] arguments)
    {
        var closed = new StringWriter();
        closed.Dispose();

        Assert.Equal(ExitCode.Unexpected, await PodPoolCommand.RunAsync(arguments, _terminal.Terminal with { Out = closed }, TestContext.Current.CancellationToken));

        Assert.StartsWith(told, _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_interrupts_it_gets_no_error()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        _terminal["PODPOOL_SERVER"] = "unix:" + Path.Combine(_terminal.Folder, "nobody.sock");

        Assert.Equal(ExitCode.Interrupted, await PodPoolCommand.RunAsync(["list"], _terminal.Terminal, stop.Token));

        Assert.Empty(_terminal.Error);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _podpool podpool")]
    [InlineData("zsh", "compdef _podpool podpool")]
    [InlineData("fish", "complete -c podpool")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Each_shell_gets_its_completion_script(string shell, string part)
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("completion", shell));

        Assert.Contains(part, _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shell_is_told_which_verbs_begin_so()
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("[suggest:9]", "podpool de"));

        Assert.Equal(["delete", "demo", "deploy", "describe"], _terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    public void Dispose() => _terminal.Dispose();
}
