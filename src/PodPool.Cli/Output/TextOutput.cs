using System.Globalization;
using PodPool.Cli.CommandLine;
using Spectre.Console;

namespace PodPool.Cli.Output;

/// <summary>Text for people; colours and moving bars only where a terminal shows them.</summary>
internal sealed class TextOutput(Terminal terminal) : IOutput
{
    /// <summary>Nothing is wrapped in a file or a pipe: no message and no row of a table is as long.</summary>
    public const int WidthOfFiles = 100_000;

    private readonly IAnsiConsole _out = ConsoleOn(terminal.Out, terminal.OutIsTerminal, terminal);

    private readonly IAnsiConsole _error = ConsoleOn(terminal.Error, terminal.ErrorIsTerminal, terminal);

    public void Result<T>(T value, Action<IAnsiConsole> render) => render(_out);

    public void Item<T>(T value, string line)
    {
        terminal.Out.WriteLine(line);
        terminal.Out.Flush();
    }

    public void Note(string text) => _error.MarkupLineInterpolated($"[grey]{text}[/]");

    public void Warn(string text) => _error.MarkupLineInterpolated($"[yellow]warning:[/] {text}");

    public void Fail(CliException failure)
    {
        var reason = failure.Reason.Length == 0 ? "" : $" ({failure.Reason})";
        _error.MarkupLineInterpolated($"[red]error:[/] {failure.Message}{reason}");
        if (failure.Remedy.Length > 0)
        {
            _error.MarkupLineInterpolated($"[grey]what to do:[/] {failure.Remedy}");
        }
    }

    public async Task ProgressAsync(string title, double total, Func<Action<double>, Task> work, string? unit = null)
    {
        if (!terminal.ErrorIsTerminal)
        {
            Note(title);
            await work(_ => { }).ConfigureAwait(false);
            return;
        }

        await _error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), unit is null ? new DownloadedColumn { Culture = CultureInfo.InvariantCulture } : new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape(title), maxValue: Math.Max(total, 1));
                await work(task.Increment).ConfigureAwait(false);
                task.Value = task.MaxValue;
            }).ConfigureAwait(false);
    }

    public async Task<T> BusyAsync<T>(string title, Func<Task<T>> work)
    {
        if (!terminal.ErrorIsTerminal)
        {
            Note(title);
            return await work().ConfigureAwait(false);
        }

        return await _error.Status().StartAsync(Markup.Escape(title), _ => work()).ConfigureAwait(false);
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer, bool isTerminal, Terminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal && string.IsNullOrEmpty(terminal.Environment("NO_COLOR")) ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthOfFiles;
        }
        else if (terminal.Width is { } width)
        {
            console.Profile.Width = width;
        }

        return console;
    }
}
