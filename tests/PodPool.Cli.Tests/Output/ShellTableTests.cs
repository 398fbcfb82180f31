using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using Spectre.Console;

namespace PodPool.Cli.Tests.Output;

public sealed class ShellTableTests : IDisposable
{
    private static readonly string[] Pools = ["POOL", "SIZE", "MAX", "STARTING", "WARM", "CLAIMED", "SERVING", "DRAINING", "CLAIMS", "MISSES"];

    private readonly TestTerminal _terminal = new() { ["NO_COLOR"] = "1" };

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(120)]
    public void A_list_of_pools_fits_and_no_word_of_it_is_broken(int width)
    {
        var lines = Render(Show.Columns(Pools), width, ["default", "4", "none", "0", "4", "0", "12", "0", "1234", "56"]);

        Assert.Equal(Pools, lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
    }

    [Fact]
    public void What_does_not_fit_is_wider_than_the_terminal_and_whole()
    {
        var url = "http://127.0.0.1:8080/" + new string('a', 100);

        var lines = Render(Show.Columns("NAME", "URL"), 80, ["hello world", url], ["b", ""]);

        Assert.Equal(["NAME         URL", $"hello world  {url}", "b"], lines);
    }

    [Fact]
    public void Columns_are_left_out_one_by_one_until_the_others_fit()
    {
        string[] Lines(int width) => Render(Show.Columns("A", "BBBBBBBBBB", "CCCCCCCCCC").LeaveOut("CCCCCCCCCC", "BBBBBBBBBB"), width, ["1", "2", "3"]);

        Assert.Equal(["A   BBBBBBBBBB   CCCCCCCCCC", "1   2            3"], Lines(27));
        Assert.Equal(["A  BBBBBBBBBB  CCCCCCCCCC", "1  2           3"], Lines(25));
        Assert.Equal(["A   BBBBBBBBBB", "1   2"], Lines(24)[..2]);
        Assert.Equal(["A", "1"], Lines(12)[..2]);
        Assert.StartsWith("Left out, as the terminal is narrow: CCCCCCCCCC, BBBBBBBBBB.", string.Join(' ', Lines(12)[2..].Select(line => line.Trim())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_is_one_line()
        => Assert.Equal(["STATE   URL", "a b     c"], Render(Show.Columns("STATE", "URL"), 80, ["a\nb", "c"]));

    [Fact]
    public void Figures_with_lines_leave_out_columns_too_and_are_wider_rather_than_broken()
    {
        string[] Lines(int width)
        {
            var table = new FramedTable(["scenario", "mode"], ["n", "p50", "p99.9"], leaveOut: ["p99.9", "n"]);
            table.Row([new("noisy-neighbour"), new("contended.quiet"), new("1234"), new("13.7 ms"), new("1,214 ms")]);
            return Written(width, table.Write);
        }

        string Cells(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string[] Rows(int width) => [.. Lines(width).Select(Cells).Where(line => line.Length > 0 && line[0] != '\u2501')];

        Assert.Equal(["scenario mode n p50 p99.9", "noisy-neighbour contended.quiet 1234 13.7 ms 1,214 ms"], Rows(80));
        Assert.Equal(["scenario mode n p50", "noisy-neighbour contended.quiet 1234 13.7 ms"], Rows(52)[..2]);
        Assert.All(Lines(52), line => Assert.InRange(line.Length, 0, 52));
        Assert.Equal(["scenario mode p50", "noisy-neighbour contended.quiet 13.7 ms"], Rows(20)[..2]);
        Assert.Contains("Left out, as the terminal is narrow: p99.9, n.", string.Join(' ', Rows(20)), StringComparison.Ordinal);
    }

    public void Dispose() => _terminal.Dispose();

    private string[] Render(ShellTable table, int width, params string[][] rows)
    {
        foreach (var row in rows)
        {
            table.Row(row);
        }

        return Written(width, console => console.Write(table));
    }

    private string[] Written(int width, Action<IAnsiConsole> render)
    {
        using var written = new StringWriter();
        new TextOutput(_terminal.Terminal with { Out = written, OutIsTerminal = true, Width = width }).Result(0, render);
        return written.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
