using System.Security.Cryptography;
using System.Text;
using PodPool.Contracts.Wire;

namespace PodPool.Cli.Local;

/// <summary>Where the manager of a local platform listens.</summary>
internal static class ManagerSocket
{
    /// <summary>In the state folder, where only its owner may enter; where that makes too long a path, in a folder of the system's temporary one.</summary>
    public static string PathFor(string stateFolder)
    {
        var inside = Path.Combine(stateFolder, "manager.sock");
        if (Encoding.UTF8.GetByteCount(inside) <= PodAddress.LongestSocketPath)
        {
            return inside;
        }

        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stateFolder)))[..12];
        return Path.Combine(Path.GetTempPath(), $"podpool-manager-{name}", "manager.sock");
    }
}
