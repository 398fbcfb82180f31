using PodPool.Cli.CommandLine;
using Spectre.Console;

namespace PodPool.Cli.Output;

/// <summary>For steps of a greater whole that nobody wants to hear of; failures are thrown as ever.</summary>
internal sealed class QuietOutput : IOutput
{
    public static QuietOutput Instance { get; } = new();

    public void Result<T>(T value, Action<IAnsiConsole> render)
    {
    }

    public void Item<T>(T value, string line)
    {
    }

    public void Note(string text)
    {
    }

    public void Warn(string text)
    {
    }

    public void Fail(CliException failure)
    {
    }

    public Task ProgressAsync(string title, double total, Func<Action<double>, Task> work, string? unit = null) => work(_ => { });

    public Task<T> BusyAsync<T>(string title, Func<Task<T>> work) => work();
}
