using k8s.Models;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Clusters;

/// <summary>The way to the manager that leads: its Lease names its pod, a port of which is forwarded. Each connection looks anew.</summary>
internal sealed class LeaderPort(Cluster cluster) : IDisposable
{
    /// <summary>The Lease that managers run for.</summary>
    public const string LeaseName = "podpool-manager";

    /// <summary>Where managers listen for operators, on their pod's loopback.</summary>
    private const int OperatorsPort = 8082;

    /// <summary>Where they show their console there, as deploy/base has it.</summary>
    public const int ConsolePort = 8085;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private Stream? _current;

    /// <summary>How long a leader is looked for: a new one is elected within seconds.</summary>
    /// <value>Default: 15 s.</value>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A connection to the leader's port for operators, which <see cref="Drop"/> ends.</summary>
    /// <exception cref="CliException">There is none.</exception>
    /// <exception cref="ApiException">The API server does not answer, or refuses.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(OperatorsPort, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _current, stream);
        return stream;
    }

    /// <summary>A connection to a port of the leader; while there is none it is looked for again, for a while.</summary>
    /// <exception cref="CliException">There is none.</exception>
    /// <exception cref="ApiException">The API server does not answer, or refuses.</exception>
    public async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var begun = cluster.Time.GetTimestamp();
        while (true)
        {
            string why;
            if (await HolderAsync(cancellationToken).ConfigureAwait(false) is not { } leader)
            {
                why = $"no manager leads in the namespace '{cluster.Installation}': nobody holds its Lease {LeaseName}";
            }
            else
            {
                try
                {
                    return await cluster.Api.ForwardAsync(new(cluster.Installation, leader), port, cancellationToken).ConfigureAwait(false);
                }
                catch (ApiException exception) when (exception.Failure is not (ApiFailure.Denied or ApiFailure.Unreachable))
                {
                    // Its pod is gone or not reached, and the lease not yet another's.
                    why = $"the manager {leader}, which leads by its Lease, cannot be reached: {exception.Message}";
                }
            }

            if (cluster.Time.GetElapsedTime(begun) > Patience)
            {
                throw new CliException(ExitCode.Unreachable, why, $"see `kubectl -n {cluster.Installation} get pods`, and `podpool check`");
            }

            await Task.Delay(LookEvery, cluster.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the connection to who leads no more: the next call looks anew.</summary>
    public void Drop() => Interlocked.Exchange(ref _current, null)?.Dispose();

    public void Dispose() => Drop();

    private async Task<string?> HolderAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lease = await cluster.Api.Resource<V1Lease>().GetAsync(new(cluster.Installation, LeaseName), cancellationToken).ConfigureAwait(false);
            return lease.Spec?.HolderIdentity is { Length: > 0 } holder ? holder : null;
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            throw new CliException(
                ExitCode.Unreachable,
                $"PodPool is not installed in the namespace '{cluster.Installation}' of '{cluster.Context}': there is no Lease {LeaseName}",
                "name its namespace with --installation, or install it (deploy/README.md); `podpool check` says what there is",
                inner: exception);
        }
    }
}
