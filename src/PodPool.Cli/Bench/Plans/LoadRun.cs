using System.Threading.Channels;

namespace PodPool.Cli.Bench.Plans;

/// <summary>A load, over all rounds of its stage.</summary>
/// <param name="load">Which.</param>
/// <param name="recorder">Takes what is measured.</param>
/// <param name="callees">What it calls, by function.</param>
/// <param name="ground">Makes them cold.</param>
/// <param name="client">Calls them.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadRun(
    PlanLoad load, RunRecorder recorder, IReadOnlyDictionary<string, IReadOnlyList<Callee>> callees, IPlanGround ground, BenchClient client, TimeProvider time)
{
    private const int TasksToForget = 1000;

    private readonly MixPicker _picker = new(load.Mix, callees);
    private int _made;

    public PlanLoad Load => load;

    public RunRecorder Recorder => recorder;

    /// <summary>One round of it.</summary>
    /// <param name="duration">Of the stage.</param>
    /// <param name="random">Of arrivals and choices.</param>
    /// <param name="origin">The timestamp of the scenario's begin.</param>
    /// <param name="progress">Told of each answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(TimeSpan duration, Random random, long origin, Action<double> progress, CancellationToken cancellationToken)
        => load.Arrivals.Kind == PlanArrivalKind.OneAtATime
            ? OneAtATimeAsync(random, origin, progress, cancellationToken)
            : OpenLoopAsync(duration, random, origin, progress, cancellationToken);

    private async Task OneAtATimeAsync(Random random, long origin, Action<double> progress, CancellationToken cancellationToken)
    {
        for (var index = 0; index < load.Arrivals.Count; index++)
        {
            var callee = _picker.Next(random);
            if (load.Cold)
            {
                await ground.MakeColdAsync(callee, cancellationToken).ConfigureAwait(false);
            }

            await ground.RestAsync(cancellationToken).ConfigureAwait(false);
            await CallAsync(callee, _made++, intended: null, origin, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends each request at its time, or as soon after it as can be, and counts from its time: what is late does not vanish from the figures.</summary>
    private async Task OpenLoopAsync(TimeSpan duration, Random random, long origin, Action<double> progress, CancellationToken cancellationToken)
    {
        var cold = load.Cold && load.Arrivals.Kind != PlanArrivalKind.Burst ? _picker.Queues() : null;
        var begin = time.GetTimestamp();
        List<Task> requests = [];
        List<(Callee Callee, Task Answered)> burst = [];
        TimeSpan? last = null;
        foreach (var offset in LoadSchedule.Of(load.Arrivals, duration, random))
        {
            if (offset != last)
            {
                EndBurst();
                last = offset;
                if (offset - time.GetElapsedTime(begin) is var wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
                }
            }

            var intended = begin + (long)(offset.TotalSeconds * time.TimestampFrequency);
            var number = _made++;
            if (cold is not null)
            {
                requests.Add(FirstAsync(cold[_picker.NextFunction(random)], number, intended));
            }
            else
            {
                var callee = _picker.Next(random);
                var answered = CallAsync(callee, number, intended, origin, progress, cancellationToken);
                requests.Add(answered);
                burst.Add((callee, answered));
            }

            // Not only at the end, which may be hours away.
            if (requests.Find(request => request.IsFaulted) is { } failed)
            {
                await failed.ConfigureAwait(false);
            }

            if (requests.Count > TasksToForget)
            {
                requests.RemoveAll(request => request.IsCompletedSuccessfully);
            }
        }

        EndBurst();
        await Task.WhenAll(requests).ConfigureAwait(false);

        // A first request goes to what has been cold for longest, and makes it cold again. Where nothing is cold it waits, and that counts.
        async Task FirstAsync(Channel<Callee> queue, int number, long intended)
        {
            var callee = await queue.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            await CallAsync(callee, number, intended, origin, progress, cancellationToken).ConfigureAwait(false);
            await ground.MakeColdAsync(callee, cancellationToken).ConfigureAwait(false);
            queue.Writer.TryWrite(callee);
        }

        void EndBurst()
        {
            if (load.Cold && cold is null && burst.Count > 0)
            {
                requests.Add(AfterBurstAsync([.. burst]));
            }

            burst.Clear();
        }

        async Task AfterBurstAsync((Callee Callee, Task Answered)[] ended)
        {
            await Task.WhenAll(ended.Select(one => one.Answered)).ConfigureAwait(false);
            await Task.WhenAll(ended.Select(one => one.Callee).Distinct().Select(callee => ground.MakeColdAsync(callee, cancellationToken))).ConfigureAwait(false);
        }
    }

    private async Task CallAsync(Callee callee, int number, long? intended, long origin, Action<double> progress, CancellationToken cancellationToken)
    {
        var at = time.GetElapsedTime(origin, intended ?? time.GetTimestamp());
        var measured = await client.MeasureAsync(callee.Url, callee.Function.Request, intended, cancellationToken).ConfigureAwait(false);
        if (number >= load.Warmup)
        {
            recorder.Add(measured, at);
        }

        progress(1);
    }
}
