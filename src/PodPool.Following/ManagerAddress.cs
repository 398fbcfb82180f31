using System.Globalization;
using System.Net;
using PodPool.Contracts.Wire;

namespace PodPool.Following;

/// <summary>Where managers listen: one socket, or a DNS name and a port, at every address of the name.</summary>
internal sealed record ManagerAddress
{
    private const string Http = "http://";
    private const string Https = "https://";

    private static readonly string[] Beginnings = ["unix:", Http, Https];

    private ManagerAddress(string text, bool tls, EndPoint? endPoint, string host, int port) => (Text, Tls, EndPoint, Host, Port) = (text, tls, endPoint, host, port);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Whether TLS is spoken there.</summary>
    public bool Tls { get; }

    /// <summary>The one socket; null: a name.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The name; empty if there is none.</summary>
    public string Host { get; }

    /// <summary>The port at every address of the name.</summary>
    public int Port { get; }

    /// <summary>One or more addresses, separated by commas.</summary>
    /// <exception cref="FormatException">There is none, or one is of no known form; the message says what is wrong with it.</exception>
    public static IReadOnlyList<ManagerAddress> ParseAll(string text)
    {
        var all = Split(text).Select(Parse).ToList();
        return all.Count > 0 ? all : throw new FormatException("there is no address: write unix:/path, http://ip:port or http://name:port, or https with a certificate");
    }

    /// <remarks>A comma may stand in the path of a socket; one that separates has the beginning of an address behind it.</remarks>
    private static IEnumerable<string> Split(string text)
    {
        var begin = 0;
        for (var comma = text.IndexOf(','); comma >= 0; comma = text.IndexOf(',', comma + 1))
        {
            var rest = text.AsSpan(comma + 1).TrimStart();
            if (rest.IsEmpty || Array.Exists(Beginnings, beginning => text.AsSpan(comma + 1).TrimStart().StartsWith(beginning, StringComparison.OrdinalIgnoreCase)))
            {
                yield return text[begin..comma].Trim();
                begin = comma + 1;
            }
        }

        if (text[begin..].Trim() is { Length: > 0 } last)
        {
            yield return last;
        }
    }

    private static ManagerAddress Parse(string text)
    {
        var tls = text.StartsWith(Https, StringComparison.OrdinalIgnoreCase);
        if (NameOf(text, tls ? Https : Http) is var (host, port))
        {
            return new(text, tls, null, host, port);
        }

        try
        {
            return new(text, tls, PodAddress.Parse(text, out _), "", 0);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"{exception.Message}, or the name of a manager: http://name:port", exception);
        }
    }

    /// <returns>Null: it is no <c>http://name:port</c>, or <c>https</c> if that is the beginning.</returns>
    private static (string Host, int Port)? NameOf(string text, string beginning)
    {
        if (!text.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var written = text.AsSpan(beginning.Length).TrimEnd('/');
        var colon = written.IndexOf(':');
        var host = colon < 0 ? "" : written[..colon].ToString();
        return Uri.CheckHostName(host) == UriHostNameType.Dns && !string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(written[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue
            ? (host, port)
            : null;
    }
}
