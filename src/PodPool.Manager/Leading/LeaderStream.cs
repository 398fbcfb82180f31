using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Leading;

/// <summary>A stream with somebody who follows the manager that leads: one that does not lead says nothing on it until it does, one that leads no more ends it.</summary>
internal static class LeaderStream
{
    /// <summary>Serves a stream until one of both ends it.</summary>
    /// <param name="leadership">Whether this manager leads.</param>
    /// <param name="lifetime">When it stops.</param>
    /// <param name="greet">Reads who it is.</param>
    /// <param name="serve">Tells it what there is, in a term, until the source is cancelled; may cancel it itself.</param>
    /// <param name="callEnded">The other side is gone.</param>
    /// <exception cref="Grpc.Core.RpcException"><see cref="Reason.ShuttingDown"/>, <see cref="Reason.NotLeader"/>, or what the two threw.</exception>
    public static async Task RunAsync<THello>(
        Leadership leadership, IHostApplicationLifetime lifetime, Func<CancellationToken, Task<THello>> greet,
        Func<THello, Term, CancellationTokenSource, Task> serve, CancellationToken callEnded)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(callEnded, lifetime.ApplicationStopping);
        var over = CancellationToken.None;
        try
        {
            var hello = await greet(leaving.Token).ConfigureAwait(false);
            var term = await leadership.WhenLeadsAsync(leaving.Token).ConfigureAwait(false);
            over = term.Over;
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(leaving.Token, over);
            await serve(hello, term, ending).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw Reason.ShuttingDown.ToException("the manager stops");
            }

            if (over.IsCancellationRequested)
            {
                throw Leadership.NotLeader();
            }
        }
    }
}
