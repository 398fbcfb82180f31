using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;

namespace PodPool.Cli.Tests;

/// <summary>A terminal whose output can be read, with an environment of its own.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly StringWriter _out = new();

    private readonly StringWriter _error = new();

    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);

    public TestTerminal()
    {
        Folder = Directory.CreateTempSubdirectory("podpool-cli-").FullName;
        foreach (var (name, folder) in ((string, string)[])[("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")])
        {
            _environment[name] = Directory.CreateDirectory(Path.Combine(Folder, folder)).FullName;
        }

        // One for all, kept from run to run: to find the compiler takes seconds, and to compile a sample as long.
        _environment["XDG_CACHE_HOME"] = Path.Combine(AppContext.BaseDirectory, "cache");

        Terminal = new(
            TextWriter.Synchronized(_out),
            TextWriter.Synchronized(_error),
            () => Stream.Null,
            OutIsTerminal: false,
            ErrorIsTerminal: false,
            name => _environment.GetValueOrDefault(name),
            TimeProvider.System);
    }

    public Terminal Terminal { get; }

    /// <summary>Holds the user folders; anything else may go there too.</summary>
    public string Folder { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public IOutput Output => new TextOutput(Terminal);

    public string? this[string variable]
    {
        set => _environment[variable] = value;
    }

    public Task<int> RunAsync(params string[] arguments) => PodPoolCommand.RunAsync(arguments, Terminal, TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
