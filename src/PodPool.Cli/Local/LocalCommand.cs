using System.CommandLine;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Local;

/// <summary><c>podpool local</c>: manager, router and a pool of processes on this machine.</summary>
internal sealed class LocalCommand : Verb
{
    private const string ReadyLine = "ready ";

    /// <summary>For a parent: this platform ends when its standard input does, so it never outlives the one that started it.</summary>
    public static readonly Option<bool> UntilInputEnds = new("--until-input-ends") { Hidden = true };

    public LocalCommand()
        : base("local", "Run the whole platform on this machine: manager, router and a pool of processes.")
    {
        Add(UntilInputEnds);
    }

    /// <summary>The router's address in a line that says the platform is ready; null: another line.</summary>
    public static Uri? AddressIn(string line)
        => line.StartsWith(ReadyLine, StringComparison.Ordinal) && Uri.TryCreate(line[ReadyLine.Length..].Trim(), UriKind.Absolute, out var address)
            ? address
            : null;

    private protected override Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken) => throw new NotImplementedException();
}
