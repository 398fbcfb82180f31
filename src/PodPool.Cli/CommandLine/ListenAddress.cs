using System.Net;
using PodPool.Contracts.Wire;

namespace PodPool.Cli.CommandLine;

/// <summary>Where something shall listen, as a person writes it.</summary>
internal static class ListenAddress
{
    /// <param name="option">Which says it.</param>
    /// <param name="url"><c>http://IP:PORT</c>.</param>
    /// <exception cref="CliException">It is no such address.</exception>
    public static IPEndPoint Parse(string option, string url)
    {
        try
        {
            if (PodAddress.Parse(url) is IPEndPoint endPoint)
            {
                return endPoint;
            }
        }
        catch (FormatException)
        {
            // Said below, in the words of the option.
        }

        throw CliException.Usage($"{option} {url}: that is no address to listen on", "write http://IP:PORT, e.g. http://127.0.0.1:8080, or http://0.0.0.0:8080 for every network");
    }
}
