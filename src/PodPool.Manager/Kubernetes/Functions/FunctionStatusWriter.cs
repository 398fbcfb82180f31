using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Operations;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>
/// Writes what there is of functions into their status, while this manager leads: soon after something happened, and never twice the same.
/// What callers find a function by is made here too, and removed after it, since its status says how that went.
/// </summary>
internal sealed partial class FunctionStatusWriter : IDisposable
{
    private const int Writers = 4;

    /// <summary>Nothing of it is on a first request's way.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    /// <summary>What a function lacks, an operator may have given meanwhile, and nothing tells of that: a right, a name that is free again.</summary>
    private static readonly TimeSpan Lacking = TimeSpan.FromMinutes(5);

    private readonly StatusBook<FunctionResource, FunctionResourceStatus> _statuses;
    private readonly Informer<FunctionResource> _informer;
    private readonly IReadOnlyList<IFunctionExposure> _exposures;
    private readonly FunctionStates _states;
    private readonly FunctionView _view;
    private readonly FunctionRegistry _functions;
    private readonly EventJournal _events;
    private readonly EventRecorder _recorder;
    private readonly Leadership _leadership;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkQueue<ObjectName> _queue;

    public FunctionStatusWriter(
        KubernetesApi api, Informer<FunctionResource> informer, IEnumerable<IFunctionExposure> exposures, FunctionStates states, FunctionView view, FunctionRegistry functions,
        EventJournal events, EventRecorder recorder, Leadership leadership, TimeProvider time, ILogger<FunctionStatusWriter> logger)
    {
        (_informer, _exposures, _states, _view, _functions, _events) = (informer, [.. exposures], states, view, functions, events);
        (_recorder, _leadership, _time, _logger) = (recorder, leadership, time, logger);
        _statuses = new(api.Resource<FunctionResource>(), recorder);
        _queue = new(new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(60)), time);
        states.Changed += Look;
        foreach (var exposure in _exposures)
        {
            exposure.Changed += Look;
        }
    }

    /// <summary>Writes until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        _queue.RunAsync(Writers, WriteAsync, (function, exception) => Log.NotWritten(_logger, function.ToString(), exception.Message), cancellationToken),
        FollowAsync(cancellationToken),
        Task.WhenAll(_exposures.Select(exposure => AwaitAsync(exposure, cancellationToken))));

    /// <summary>This manager leads now: whatever the one before wrote, or did not, is looked at, also of functions that went while nobody led.</summary>
    public void LookAtAll()
    {
        foreach (var function in _informer.All.Keys.Concat(_exposures.SelectMany(exposure => exposure.Functions)))
        {
            Look(function);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.Changed -= Look;
        foreach (var exposure in _exposures)
        {
            exposure.Changed -= Look;
        }

        _queue.Dispose();
    }

    private void Look(Name function) => Look(new ObjectName(function.Namespace, function.Name));

    private void Look(ObjectName function) => _queue.AddAfter(function, Settling);

    /// <summary>What could not be made is, when its kind has come to the cluster, or the right to it to this manager.</summary>
    private async Task AwaitAsync(IFunctionExposure exposure, CancellationToken cancellationToken)
    {
        await exposure.Synced.WaitAsync(cancellationToken).ConfigureAwait(false);
        LookAtAll();
    }

    /// <summary>Whatever happens to a function's instances may change its status.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var watcher = _events.Watch(null);
            try
            {
                await foreach (var happened in watcher.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (happened.Function is { } function)
                    {
                        Look(new Name(function.Namespace, function.Name));
                    }
                }
            }
            catch (Grpc.Core.RpcException)
            {
                // Too much happened at once: then everything is looked at.
                LookAtAll();
            }
            finally
            {
                _events.Leave(watcher);
            }
        }
    }

    private async Task<TimeSpan?> WriteAsync(ObjectName name, CancellationToken cancellationToken)
    {
        if (_leadership.Current is null)
        {
            return null;
        }

        // Before it has seen all functions, it cannot say of any that it is gone.
        await _informer.Synced.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_informer.Find(name.Namespace, name.Name) is not { } resource)
        {
            _statuses.Forget(name);
            foreach (var exposure in _exposures)
            {
                await exposure.RemoveAsync(name, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }

        if (_states.Find(new(name.Namespace, name.Name)) is not { } state)
        {
            return null;
        }

        var exposed = new List<(string Type, ExposureState State)>();
        foreach (var exposure in _exposures)
        {
            exposed.Add((exposure.ConditionType, await exposure.EnsureAsync(resource, cancellationToken).ConfigureAwait(false)));
        }

        var status = StatusOf(name, resource, state, exposed);
        var told = _statuses.Find(name, resource)?.LastFailure?.At;
        await _statuses.WriteAsync(name, resource, status, cancellationToken).ConfigureAwait(false);
        if (status.LastFailure is { } failure && failure.At != told)
        {
            _recorder.Record(resource, new(IsWarning: true, "StartFailed", $"{failure.Reason}: {failure.Message}"));
        }

        return exposed.All(one => one.State.IsReady) ? null : Lacking;
    }

    private FunctionResourceStatus StatusOf(ObjectName name, FunctionResource resource, FunctionState state, IEnumerable<(string Type, ExposureState State)> exposed)
    {
        var function = new Name(name.Namespace, name.Name);
        var now = _time.GetUtcNow();
        var before = _statuses.Find(name, resource)?.Conditions;
        var record = _functions.All.GetValueOrDefault(function);
        var live = record is null ? null : _view.Describe(function);
        var problem = state.Problem;
        var ofPackage = problem is { OfPackage: true };
        var goesOn = record is null ? "" : $" (revision {record.Revision} goes on serving)";
        var ready = live?.Conditions.FirstOrDefault(condition => condition.Type == ConditionTypes.Ready);
        return new()
        {
            ObservedGeneration = state.Generation,
            Revision = record?.Revision,
            PackageDigest = record?.PackageDigest,
            PackageSize = record?.PackageSize,
            EntryPoint = record?.Spec.EntryPoint,
            Instances = live?.Instances.Count(instance => instance.Phase == PodPhase.PodServing) ?? 0,
            Addresses = live is null ? [] : [.. live.Urls],
            LastStart = live?.LastStart is { } start ? StartOf(start) : null,
            LastFailure = live?.LastFailure is { } failure ? new() { At = failure.At?.ToDateTimeOffset(), Reason = Contracts.ReasonErrors.WireName(failure.Reason), Message = failure.Message } : null,
            Conditions =
            [
                problem is not null ? Conditions.Of(before, ConditionTypes.Ready, false, problem.Reason, problem.Message + goesOn, state.Generation, now)
                    : ready is not null ? Conditions.Of(before, ready, state.Generation, now)
                    : Conditions.Of(before, ConditionTypes.Ready, null, "Pending", "", state.Generation, now),
                ofPackage ? Conditions.Of(before, ConditionTypes.PackageReady, false, problem!.Reason, problem.Message, state.Generation, now)
                    : record is not null ? Conditions.Of(before, ConditionTypes.PackageReady, true, "Fetched", $"{record.Spec.Files.Count} files, {record.PackageDigest}", state.Generation, now)
                    : Conditions.Of(before, ConditionTypes.PackageReady, null, "Pending", "what comes before it is not in order yet", state.Generation, now),
                .. exposed.Select(one => Conditions.Of(before, one.Type, one.State.IsReady, one.State.Reason, one.State.Message, state.Generation, now)),
            ],
        };
    }

    private static FunctionStart StartOf(LastStart start) => new()
    {
        At = start.At.ToDateTimeOffset(),
        Instance = start.InstanceId,
        Miss = start.Miss,
        Phases = new()
        {
            Claim = Text(start.Phases.Claim), Transfer = Text(start.Phases.Transfer), Load = Text(start.Phases.Load), Start = Text(start.Phases.Start),
        },
    };

    private static string Text(long microseconds) => DurationText.Milliseconds(TimeSpan.FromMicroseconds(microseconds));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The status of the Function {Function} could not be written, and will be: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string function, string message);
    }
}
