using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;

namespace PodPool.Cli.Local;

/// <summary>
/// Whose process is at the other end of a loopback connection. A port on the loopback is open to every user of the machine, while who may
/// deploy may run code as us. Linux tells in its table of sockets.
/// </summary>
internal static partial class LoopbackPeer
{
    private const int UserColumn = 7;

    /// <summary>Whether the caller runs as this user or as root; true where the system does not tell.</summary>
    public static bool IsThisUser(ConnectionInfo connection)
    {
        if (!OperatingSystem.IsLinux() || connection.RemoteIpAddress is not { } caller || connection.LocalIpAddress is not { } here)
        {
            return true;
        }

        var own = EffectiveUser();
        var (from, to) = (new IPEndPoint(caller, connection.RemotePort), new IPEndPoint(here, connection.LocalPort));
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (File.Exists(table) && UserOf(File.ReadLines(table), from, to) is { } user)
            {
                return user == own || user == 0;
            }
        }

        return false;
    }

    /// <summary>The user of the socket that a connection comes from.</summary>
    /// <param name="table">Lines of <c>/proc/net/tcp</c>.</param>
    /// <param name="from">The caller's end.</param>
    /// <param name="to">Our end.</param>
    internal static uint? UserOf(IEnumerable<string> table, IPEndPoint from, IPEndPoint to)
    {
        foreach (var line in table.Skip(1))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > UserColumn && from.Equals(Parse(columns[1])) && to.Equals(Parse(columns[2])))
            {
                return uint.Parse(columns[UserColumn], CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    /// <summary>"0100007F:1F90": the address in words of the machine's byte order, the port in hexadecimal.</summary>
    private static IPEndPoint? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32))
        {
            return null;
        }

        var bytes = Convert.FromHexString(text.AsSpan(0, colon));
        if (BitConverter.IsLittleEndian)
        {
            for (var word = 0; word < bytes.Length; word += 4)
            {
                Array.Reverse(bytes, word, 4);
            }
        }

        var address = new IPAddress(bytes);
        return new(
            address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address,
            int.Parse(text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
