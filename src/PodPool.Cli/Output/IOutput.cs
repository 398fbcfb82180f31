using PodPool.Cli.CommandLine;
using Spectre.Console;

namespace PodPool.Cli.Output;

/// <summary>How a verb shows what it has to say: for people or for scripts. Answers go to standard output, all else to standard error.</summary>
internal interface IOutput
{
    /// <summary>The verb's one answer.</summary>
    /// <param name="value">Written as JSON for scripts; its shape is part of the command line's promise.</param>
    /// <param name="render">Shows it to a person.</param>
    void Result<T>(T value, Action<IAnsiConsole> render);

    /// <summary>One of many answers, as they come: a line of text, or a line of JSON.</summary>
    void Item<T>(T value, string line);

    /// <summary>A remark that a person may like to read meanwhile.</summary>
    void Note(string text);

    /// <summary>Something is not as it should be, but the verb goes on.</summary>
    void Warn(string text);

    /// <summary>The verb's end, when it cannot do what it was asked.</summary>
    void Fail(CliException failure);

    /// <summary>Shows how far something is.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="total">How much there is to do.</param>
    /// <param name="work">Does it and reports what was done since the last report.</param>
    /// <param name="unit">What is counted; null: bytes.</param>
    Task ProgressAsync(string title, double total, Func<Action<double>, Task> work, string? unit = null);

    /// <summary>Shows that something of unknown length goes on.</summary>
    Task<T> BusyAsync<T>(string title, Func<Task<T>> work);
}

/// <summary>For whom the answer is.</summary>
internal enum OutputFormat
{
    Text,
    Json,
}
