using Grpc.Core;
using PodPool.Cli.Bench.Targets;
using PodPool.Cli.Deploy;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench;

/// <summary>A scenario, deployed.</summary>
/// <param name="Scenario">Which.</param>
/// <param name="Package">What runs.</param>
/// <param name="Functions">Under which names; more than one where different functions are called at once or in turn.</param>
/// <param name="Urls">Where each of them is called.</param>
internal sealed record DeployedScenario(
    BenchScenario Scenario, Package Package, IReadOnlyList<FunctionName> Functions, IReadOnlyList<string> Urls);

/// <summary>
/// Makes first requests as often as asked: ends every instance, waits until the pool is full and nothing starts or ends, sends. All
/// scenarios and modes take turns, so that what else the machine does hits them alike.
/// </summary>
internal sealed class BenchRunner(Operator.OperatorClient server, IBenchTarget target, BenchClient client, BenchSettings settings, TimeProvider time)
{
    private readonly QuietPool _quiet = new(server, target, settings.Settling, time);

    /// <summary>Measures all scenarios.</summary>
    /// <param name="scenarios">Deployed, with no instances.</param>
    /// <param name="progress">Told after each round how many first requests were made in it.</param>
    /// <param name="cancellationToken">Ends it early: what was measured by then is the answer, and the round under way is in no figure.</param>
    public async Task<IReadOnlyList<BenchRun>> RunAsync(
        IReadOnlyList<DeployedScenario> scenarios, Action<double> progress, CancellationToken cancellationToken)
    {
        var recorded = scenarios.Select(scenario => (Scenario: scenario, Recorders: new Recorders(scenario.Scenario, NoPool, settings.Arrivals == ArrivalKind.OneAtATime ? settings.Warmup : 0))).ToList();
        try
        {
            await MeasureAsync(recorded, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // Whoever has waited for an hour shall not lose it.
        }

        return [.. recorded.SelectMany(one => one.Recorders.Results())];
    }

    /// <summary>How many times <see cref="RunAsync"/> tells of progress.</summary>
    public double Steps(IReadOnlyList<DeployedScenario> scenarios) => settings.Arrivals != ArrivalKind.OneAtATime
        ? scenarios.Count * settings.Count
        : scenarios.Sum(scenario => settings.Warmup + Math.Ceiling(settings.Count / (double)scenario.Functions.Count));

    private bool NoPool => settings.NoPool && target.HasNoPool;

    private async Task MeasureAsync(IReadOnlyList<(DeployedScenario Scenario, Recorders Recorders)> recorded, Action<double> progress, CancellationToken cancellationToken)
    {
        if (settings.Arrivals != ArrivalKind.OneAtATime)
        {
            foreach (var (scenario, recorders) in recorded)
            {
                await OpenLoopAsync(scenario, recorders.Pooled, progress, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        for (var round = -settings.Warmup; round < settings.Count; round++)
        {
            foreach (var (scenario, recorders) in recorded)
            {
                // A scenario that calls several at once has its count of first requests in fewer rounds.
                if (round < 0 || round * scenario.Functions.Count < settings.Count)
                {
                    await RoundAsync(scenario, round < 0 ? null : recorders, cancellationToken).ConfigureAwait(false);
                    progress(1);
                }
            }
        }
    }

    private async Task RoundAsync(DeployedScenario scenario, Recorders? recorders, CancellationToken cancellationToken)
    {
        // 1. Cold: no instance of it is left, and the machine has nothing to do for the pool.
        await EvictAsync(scenario.Functions, cancellationToken).ConfigureAwait(false);
        await _quiet.WaitAsync(cancellationToken).ConfigureAwait(false);

        // 2. First requests, all at once where there are several.
        var first = await Task.WhenAll(scenario.Urls.Select(
            url => client.MeasureAsync(url, scenario.Scenario, intended: null, cancellationToken))).ConfigureAwait(false);

        // 3. The next request to the same instance, when the pod that replaces the claimed one has started.
        await _quiet.WaitAsync(cancellationToken).ConfigureAwait(false);
        var next = await client.MeasureAsync(scenario.Urls[0], scenario.Scenario, intended: null, cancellationToken).ConfigureAwait(false);

        // 4. The same without a pool.
        var without = NoPool && scenario.Scenario.AtOnce == 1
            ? await target.MeasureNoPoolAsync(scenario.Package, scenario.Scenario, cancellationToken).ConfigureAwait(false)
            : null;

        if (recorders is not null)
        {
            Array.ForEach(first, recorders.Pooled.Add);
            recorders.Warm.Add(next);
            if (without is not null)
            {
                recorders.NoPool?.Add(without);
            }
        }
    }

    /// <summary>
    /// Requests at times that were fixed before. Each goes to the function that has been cold for longest, which is made cold again
    /// right after its answer.
    /// </summary>
    private async Task OpenLoopAsync(DeployedScenario scenario, RunRecorder recorder, Action<double> progress, CancellationToken cancellationToken)
    {
        await EvictAsync(scenario.Functions, cancellationToken).ConfigureAwait(false);
        await _quiet.WaitAsync(cancellationToken).ConfigureAwait(false);
        var cold = System.Threading.Channels.Channel.CreateUnbounded<int>();
        for (var index = 0; index < scenario.Functions.Count; index++)
        {
            cold.Writer.TryWrite(index);
        }

        var schedule = Arrivals.Schedule(settings.Arrivals, settings.Count, settings.Rate, new Random(settings.Count));
        var begin = time.GetTimestamp();
        var requests = new List<Task>();
        foreach (var offset in schedule)
        {
            var wait = offset - time.GetElapsedTime(begin);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }

            var intended = begin + (long)(offset.TotalSeconds * time.TimestampFrequency);
            requests.Add(OneAsync(intended, offset));
        }

        await Task.WhenAll(requests).ConfigureAwait(false);

        async Task OneAsync(long intended, TimeSpan at)
        {
            var index = await cold.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            recorder.Add(await client.MeasureAsync(scenario.Urls[index], scenario.Scenario, intended, cancellationToken).ConfigureAwait(false), at);
            progress(1);
            await server.EvictFunctionAsync(scenario.Functions[index], cancellationToken: cancellationToken);
            cold.Writer.TryWrite(index);
        }
    }

    private async Task EvictAsync(IReadOnlyList<FunctionName> functions, CancellationToken cancellationToken)
        => await Task.WhenAll(functions.Select(function => server.EvictFunctionAsync(function, cancellationToken: cancellationToken).ResponseAsync)).ConfigureAwait(false);

    private sealed class Recorders(BenchScenario scenario, bool noPool, int warmup)
    {
        public RunRecorder Pooled { get; } = new(scenario.Name, BenchMode.Pooled, warmup * scenario.AtOnce);

        public RunRecorder Warm { get; } = new(scenario.Name, BenchMode.Warm, warmup);

        public RunRecorder? NoPool { get; } = noPool && scenario.AtOnce == 1 ? new(scenario.Name, BenchMode.NoPool, warmup) : null;

        public IEnumerable<BenchRun> Results()
            => new[] { Pooled, Warm, NoPool }.OfType<RunRecorder>().Select(recorder => recorder.Result()).Where(run => run.N + run.Errors > 0);
    }
}
