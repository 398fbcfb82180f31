using PodPool.Cli.Bench.Targets;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench;

/// <summary>Waits until nothing goes on that would be measured too.</summary>
/// <param name="server">Whose pools.</param>
/// <param name="target">Where they are.</param>
/// <param name="settling">How long everything rests then; null: as long as the target needs.</param>
/// <param name="time">The clock.</param>
internal sealed class QuietPool(Operator.OperatorClient server, IBenchTarget target, TimeSpan? settling, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Waits until every pool is full, none of its pods starts, is claimed or ends, and the machines have settled.</summary>
    /// <exception cref="CliException">That did not come to be.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var answer = await server.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
            if (answer.Pools.All(pool => pool.Warm >= pool.Size && pool.Starting == 0 && pool.Claimed == 0 && pool.Draining == 0))
            {
                await Task.Delay(settling ?? target.Settling, time, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (time.GetElapsedTime(since) > Patience)
            {
                var pool = answer.Pools.First(pool => pool.Warm < pool.Size || pool.Starting + pool.Claimed + pool.Draining > 0);
                throw CliException.Failed(
                    FormattableString.Invariant($"the pool '{pool.Pool}' has had {pool.Warm} of {pool.Size} warm pods for {Patience.TotalMinutes:0} min, and did not become quiet"),
                    "see `podpool pool list`, and that nothing else uses this platform");
            }

            await Task.Delay(target.PollPools, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
