using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PodPool.Cli.CommandLine;
using Spectre.Console;

namespace PodPool.Cli.Output;

/// <summary>JSON on standard output, one value a verb (or one a line); errors as JSON on standard error.</summary>
internal sealed class JsonOutput(Terminal terminal) : IOutput
{
    private static readonly JsonSerializerOptions Whole = Options(indented: true);

    private static readonly JsonSerializerOptions Line = Options(indented: false);

    public void Result<T>(T value, Action<IAnsiConsole> render) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, Whole));

    public void Item<T>(T value, string line)
    {
        terminal.Out.WriteLine(JsonSerializer.Serialize(value, Line));
        terminal.Out.Flush();
    }

    public void Note(string text)
    {
    }

    public void Warn(string text) => terminal.Error.WriteLine(JsonSerializer.Serialize(new { Warning = text }, Line));

    public void Fail(CliException failure) => terminal.Error.WriteLine(JsonSerializer.Serialize(
        new { Error = new { Reason = NullIfEmpty(failure.Reason), failure.Message, Remedy = NullIfEmpty(failure.Remedy) } }, Line));

    public Task ProgressAsync(string title, double total, Func<Action<double>, Task> work, string? unit = null) => work(_ => { });

    public Task<T> BusyAsync<T>(string title, Func<Task<T>> work) => work();

    /// <summary>The form of a value in a file that a person may read too.</summary>
    public static string Serialize<T>(T value) => JsonSerializer.Serialize(value, Whole);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static T? Deserialize<T>(string json) => JsonSerializer.Deserialize<T>(json, Whole);

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static JsonSerializerOptions Options(bool indented) => new(JsonSerializerDefaults.Web)
    {
        WriteIndented = indented,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
