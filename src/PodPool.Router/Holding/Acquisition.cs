using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Managing;
using PodPool.Router.Refusing;
using PodPool.Router.Routing;

namespace PodPool.Router.Holding;

/// <summary>
/// Asks the manager for instances of one function while requests of it wait: one acquire at a time, however many they are. Runs from the
/// first that waits until nobody does.
/// </summary>
internal sealed partial class Acquisition(Function function, IManager manager, RouterMetrics metrics, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>A refusal this close to the deadline that we gave is about that deadline; those with more time ask again.</summary>
    private static readonly TimeSpan LateBy = TimeSpan.FromMilliseconds(250);

    /// <summary>With no leader to wait for, what could not be reached is tried again; the manager is not asked, so not for less and less.</summary>
    private const int MostLeaderless = 4;

    private int _leaderless;

    /// <summary>Never throws.</summary>
    public async Task RunAsync()
    {
        var idle = 0;
        while (function.NeedsInstance(out var timeout, out var unwanted))
        {
            // Before it is asked: whoever takes its place meanwhile shall be asked at once.
            var another = manager.NextTable;
            try
            {
                if (await AskAsync(timeout, unwanted).ConfigureAwait(false))
                {
                    idle = 0;
                    continue;
                }

                await PauseAsync(Math.Max(idle++, function.FailedDials), another, unwanted).ConfigureAwait(false);

                // The manager, asked since, knows nothing better (or there is none): what could not be reached may be by now.
                function.Forgive(instanceId: null);
            }
            catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
            {
                idle = 0;
            }
#pragma warning disable CA1031 // Whatever it was: nobody may be left waiting for a loop that has ended.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.Defect(logger, function.Id, exception);
                function.Refuse(new(Reason.Internal, "the router failed; its log says how"));
            }
        }
    }

    /// <returns>Whether anybody who waited was served or refused.</returns>
    private async Task<bool> AskAsync(TimeSpan timeout, CancellationToken unwanted)
    {
        if (!manager.IsConnected)
        {
            await PauseAsync(Math.Max(Math.Min(_leaderless++, MostLeaderless), function.FailedDials), manager.WhenConnectedAsync(CancellationToken.None), unwanted).ConfigureAwait(false);
            if (!manager.IsConnected)
            {
                function.Forgive(instanceId: null);
            }

            return true;
        }

        _leaderless = 0;
        var begun = time.GetTimestamp();
        try
        {
            var answer = await manager.AcquireAsync(function, timeout, unwanted).ConfigureAwait(false);
            metrics.Acquired(function, reason: null);
            return function.Started(answer) > 0;
        }
        catch (RpcException exception)
        {
            unwanted.ThrowIfCancellationRequested();
            var reason = exception.ReasonOf();
            metrics.Acquired(function, reason);
            return Refuse(exception, reason, late: time.GetElapsedTime(begun) >= timeout - LateBy);
        }
    }

    private bool Refuse(RpcException exception, Reason reason, bool late)
    {
        switch (reason)
        {
            // No word from a manager that decides: it is late, gone, or going. Whoever comes next answers the same question.
            case Reason.Unspecified or Reason.ShuttingDown or Reason.ManagerUnavailable or Reason.NotLeader:
                Log.NoAnswer(logger, function.Id, exception.StatusCode, exception.Status.Detail);
                return false;

            case Reason.PoolEmpty or Reason.ScaleLimit when late:
                function.Refuse(Refusals.Of(exception, reason), dueBefore: time.GetTimestamp() + (long)(LateBy.TotalSeconds * time.TimestampFrequency));
                return true;

            default:
                Log.Refused(logger, function.Id, reason, exception.Status.Detail);
                function.Refuse(Refusals.Of(exception, reason));
                return true;
        }
    }

    /// <summary>Waits, but no longer than until something better has happened.</summary>
    private async Task PauseAsync(int tries, Task better, CancellationToken unwanted)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(unwanted);
        await Task.WhenAny(better, Task.Delay(PauseAfter(tries), time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        unwanted.ThrowIfCancellationRequested();
    }

    private static TimeSpan PauseAfter(int tries)
    {
        var pause = FirstPause * (1 << Math.Min(tries, 10));
        return (pause < LongestPause ? pause : LongestPause) * (0.75 + (Random.Shared.NextDouble() / 2));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No answer to an acquire of {Function}, trying again: {Status} {Detail}")]
        public static partial void NoAnswer(ILogger logger, FunctionId function, StatusCode status, string detail);

        [LoggerMessage(2, LogLevel.Information, "No instance of {Function}: {Reason}, {Detail}")]
        public static partial void Refused(ILogger logger, FunctionId function, Reason reason, string detail);

        [LoggerMessage(3, LogLevel.Error, "The acquisition of {Function} failed")]
        public static partial void Defect(ILogger logger, FunctionId function, Exception exception);
    }
}
