using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Pools;

/// <summary>Which pool of a cluster a name means.</summary>
internal static class PoolNames
{
    /// <summary>Where to look for it, in this order, as the manager does.</summary>
    /// <exception cref="CliException">It is no name.</exception>
    public static IEnumerable<ObjectName> Candidates(string pool, string own, string installation)
    {
        try
        {
            return PoolReference.Parse(pool).Candidates(own, installation).Select(place => new ObjectName(place.Namespace, place.Name));
        }
        catch (FormatException)
        {
            throw CliException.Usage($"'{pool}' is no pool's name", "write NAME or NAMESPACE/NAME");
        }
    }
}
