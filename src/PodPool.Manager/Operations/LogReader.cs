using System.Threading.Channels;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Platform;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Operations;

/// <summary>What a function's pods wrote, and go on to write.</summary>
internal sealed class LogReader(IPodPlatform platform, EventJournal events, TimeProvider time)
{
    /// <summary>A platform may find a function's pod a moment after the last event of its start, and that is none.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Lines that are there, pod by pod, oldest pod first; of all pods together no more than asked for.</summary>
    public async IAsyncEnumerable<LogLine> ReadAsync(
        IReadOnlyList<PodId> pods, int tail, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = new List<LogLine>();
        foreach (var pod in pods)
        {
            await foreach (var line in platform.ReadLogAsync(pod, tail, follow: false, cancellationToken).ConfigureAwait(false))
            {
                lines.Add(new() { Pod = pod.Value, Line = line });
            }

            if (tail > 0 && lines.Count > tail)
            {
                lines.RemoveRange(0, lines.Count - tail);
            }
        }

        foreach (var line in lines)
        {
            yield return line;
        }
    }

    /// <summary>Follows a function's pods, also those that come later, until the reader leaves.</summary>
    public async IAsyncEnumerable<LogLine> FollowAsync(
        Name function, int tail, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A reader that falls behind holds the followers back: the files keep what they have not read.
        var lines = Channel.CreateBounded<LogLine>(256);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = FollowAllAsync(function, tail, lines.Writer, ending.Token);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAllAsync(Name function, int tail, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        var followed = new Dictionary<PodId, Task>();
        try
        {
            while (true)
            {
                var next = events.Next;
                foreach (var pod in await platform.PodsOfAsync(function, cancellationToken).ConfigureAwait(false))
                {
                    if (!followed.ContainsKey(pod))
                    {
                        followed.Add(pod, FollowAsync(pod, tail, lines, cancellationToken));
                    }
                }

                await next.WaitAsync(LookAgainAfter, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (Exception exception)
        {
            await Task.WhenAll(followed.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lines.TryComplete(exception);
        }
    }

    private async Task FollowAsync(PodId pod, int tail, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        await foreach (var line in platform.ReadLogAsync(pod, tail, follow: true, cancellationToken).ConfigureAwait(false))
        {
            await lines.WriteAsync(new() { Pod = pod.Value, Line = line }, cancellationToken).ConfigureAwait(false);
        }
    }
}
