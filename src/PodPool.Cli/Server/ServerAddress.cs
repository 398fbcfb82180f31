using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Server;

/// <summary>The manager to talk to, and who named it.</summary>
/// <param name="Text"><c>unix:/path</c>, <c>http://host:port</c> or <c>https://host:port</c>.</param>
/// <param name="NamedBy">For messages.</param>
internal sealed record ServerAddress(string Text, string NamedBy)
{
    public const string Variable = "PODPOOL_SERVER";

    private const string Default = "http://127.0.0.1:8080";

    /// <summary>Nobody named it, and no local platform runs.</summary>
    public bool IsDefault { get; private init; }

    public string? SocketPath => Text.StartsWith("unix:", StringComparison.Ordinal) ? Text["unix:".Length..] : null;

    /// <summary>The option, else the variable, else the local platform that runs, else the address it has by default.</summary>
    /// <exception cref="CliException">What was named is no address.</exception>
    public static ServerAddress Resolve(string? option, Terminal terminal)
    {
        if (!string.IsNullOrEmpty(option))
        {
            return Check(new(option, "--server"));
        }

        if (terminal.Environment(Variable) is { Length: > 0 } named)
        {
            return Check(new(named, Variable));
        }

        return new LocalServers(terminal.Environment).FindNewest() is { } local
            ? new(local.Operator, "the running `podpool local`")
            : new(Default, "the default, as no `podpool local` of yours runs") { IsDefault = true };
    }

    private static ServerAddress Check(ServerAddress address)
    {
        var valid = address.SocketPath is { } path
            ? Path.IsPathFullyQualified(path)
            : Uri.TryCreate(address.Text, UriKind.Absolute, out var uri)
                && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
                && uri.PathAndQuery == "/";
        return valid ? address : throw CliException.Usage(
            $"{address.NamedBy} is '{address.Text}', which is no manager's address", "write http://host:port or unix:/absolute/path");
    }
}
