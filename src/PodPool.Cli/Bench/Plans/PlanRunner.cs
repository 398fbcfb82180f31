using Grpc.Core;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Runs a scenario.</summary>
/// <param name="plan">Which.</param>
/// <param name="callees">Its functions, each under its names, by function.</param>
/// <param name="ground">Where they are.</param>
/// <param name="client">Calls them.</param>
/// <param name="time">The clock.</param>
internal sealed class PlanRunner(
    BenchPlan plan, IReadOnlyDictionary<string, IReadOnlyList<Callee>> callees, IPlanGround ground, BenchClient client, TimeProvider time)
{
    private int _revision;

    /// <summary>How many times <see cref="RunAsync"/> tells of progress, about.</summary>
    public double Steps => plan.Rounds * plan.Loads.Sum(one => LoadSchedule.Expected(one.Load.Arrivals, one.Stage.Duration));

    /// <summary>Goes through all rounds.</summary>
    /// <param name="stageBegins">Told of each stage.</param>
    /// <param name="progress">Told of each answer.</param>
    /// <param name="cancellationToken">Ends it early: what was measured by then is the answer.</param>
    /// <returns>What was measured of each load.</returns>
    public async Task<IReadOnlyList<RunRecorder>> RunAsync(Action<string> stageBegins, Action<double> progress, CancellationToken cancellationToken)
    {
        var loads = plan.Stages.ToDictionary(
            stage => stage,
            stage => stage.Loads.Select(load => new LoadRun(load, new(plan.Name, plan.ModeOf(stage, load), load.Warmup), callees, ground, client, time)).ToArray());
        var origin = time.GetTimestamp();
        try
        {
            for (var round = 0; round < plan.Rounds; round++)
            {
                foreach (var stage in plan.Stages)
                {
                    await StageAsync(stage, loads[stage], round, origin, stageBegins, progress, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // Whoever has waited for an hour shall not lose it.
        }

        return [.. plan.Stages.SelectMany(stage => loads[stage].Select(load => load.Recorder))];
    }

    private async Task StageAsync(
        PlanStage stage, LoadRun[] loads, int round, long origin, Action<string> stageBegins, Action<double> progress, CancellationToken cancellationToken)
    {
        // Requests that come one at a time see to that themselves.
        if (stage.Fresh && !stage.Loads.All(load => load is { Cold: true, Arrivals.Kind: PlanArrivalKind.OneAtATime }))
        {
            await Task.WhenAll(callees.Values.SelectMany(names => names).Select(callee => ground.MakeColdAsync(callee, cancellationToken))).ConfigureAwait(false);
            await ground.RestAsync(cancellationToken).ConfigureAwait(false);
        }

        stageBegins(stage.Name);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(failed.Token);
        var updates = stage.Updates.Select(update => Watched(UpdateAsync(update.Key, update.Value, over.Token))).ToArray();

        // The same arrivals at each stage of a round, so that what differs between them is not the luck of the draw; others in each round.
        var running = loads.Select((load, index) => Watched(load.RunAsync(stage.Duration, new Random((round * 101) + index), origin, progress, failed.Token)));
        try
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(updates).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(updates).ConfigureAwait(false);

        // One that fails ends the others: a scenario without one of its loads measures something else.
        async Task Watched(Task part)
        {
            try
            {
                await part.ConfigureAwait(false);
            }
            catch
            {
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task UpdateAsync(string function, TimeSpan every, CancellationToken over)
    {
        using var timer = new PeriodicTimer(every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(over).ConfigureAwait(false))
            {
                await ground.UpdateAsync(function, Interlocked.Increment(ref _revision), over).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (over.IsCancellationRequested && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // The stage is over.
        }
    }
}
