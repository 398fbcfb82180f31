using PodPool.Cli.CommandLine;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Resources;
using Proto = PodPool.Contracts.V1;

namespace PodPool.Cli.Functions;

/// <summary>A function as <c>--output json</c> gives it. Environment values stay on the server; here are their names.</summary>
internal sealed record FunctionView(
    string Namespace,
    string Name,
    string Revision,
    string PackageDigest,
    long PackageSize,
    string EntryPoint,
    string Pool,
    int Concurrency,
    ScaleView Scale,
    double? TimeoutSeconds,
    string OnEmptyPool,
    IReadOnlyList<string> Environment,
    IReadOnlyList<string> Hosts,
    IReadOnlyList<string> Paths,
    IReadOnlyList<string> Urls,
    DateTimeOffset? DeployedAt,
    int Waiting,
    int InFlight,
    IReadOnlyList<InstanceView> Instances,
    LastStartView? LastStart,
    FailureView? LastFailure,
    IReadOnlyList<ConditionView> Conditions)
{
    public static FunctionView Of(FunctionStatus status) => new(
        status.Spec.Function.Namespace,
        status.Spec.Function.Name,
        status.Revision,
        status.PackageDigest,
        status.PackageSize,
        status.Spec.EntryPoint,
        status.Spec.Pool.Length == 0 ? "default" : status.Spec.Pool,
        status.Spec.Concurrency,
        new(status.Spec.Scale?.Min ?? 0, status.Spec.Scale?.Max ?? 0, status.Spec.Scale?.IdleTimeout?.ToTimeSpan().TotalSeconds),
        status.Spec.Timeout?.ToTimeSpan().TotalSeconds,
        status.Spec.OnEmptyPool == EmptyPoolPolicy.Reject ? "reject" : "wait",
        [.. status.Spec.Environment.Keys.Order(StringComparer.Ordinal)],
        [.. status.Spec.Hosts],
        [.. status.Spec.Paths],
        [.. status.Urls],
        status.DeployedAt?.ToDateTimeOffset(),
        status.Waiting,
        status.InFlight,
        [.. status.Instances.Select(InstanceView.Of)],
        status.LastStart is { } start ? LastStartView.Of(start) : null,
        status.LastFailure is { } failure ? FailureView.Of(failure) : null,
        [.. status.Conditions.Select(ConditionView.Of)]);

    public string Show() => FunctionNames.Show(new FunctionName { Namespace = Namespace, Name = Name });

    public bool? IsReady => Conditions.FirstOrDefault(condition => condition.Type == "Ready")?.Status;
}

/// <summary>How many instances; a maximum of 0 is no limit.</summary>
internal sealed record ScaleView(int Min, int Max, double? IdleTimeoutSeconds);

internal sealed record InstanceView(string Id, string Revision, string Phase, DateTimeOffset? Since, string Node)
{
    public static InstanceView Of(InstanceStatus instance)
        => new(instance.Id, instance.Revision, PhaseOf(instance.Phase), instance.Since?.ToDateTimeOffset(), instance.Node);

    private static string PhaseOf(PodPhase phase) => phase switch
    {
        PodPhase.PodStarting => "starting",
        PodPhase.PodWarm => "warm",
        PodPhase.PodSpecializing => "claimed",
        PodPhase.PodServing => "serving",
        PodPhase.PodDraining => "draining",
        PodPhase.PodFailed => "failed",
        _ => "unknown",
    };
}

/// <summary>The last start; the phases in milliseconds, by their names.</summary>
internal sealed record LastStartView(DateTimeOffset? At, string InstanceId, bool Miss, IReadOnlyDictionary<string, double> PhasesMs)
{
    public static LastStartView Of(LastStart start)
        => new(start.At?.ToDateTimeOffset(), start.InstanceId, start.Miss, Milliseconds(start.Phases ?? new Proto.Phases()));

    private static Dictionary<string, double> Milliseconds(Proto.Phases phases) => new()
    {
        [PhaseNames.Queue] = phases.Queue / 1000.0,
        [PhaseNames.Claim] = phases.Claim / 1000.0,
        [PhaseNames.Transfer] = phases.Transfer / 1000.0,
        [PhaseNames.Load] = phases.Load / 1000.0,
        [PhaseNames.Start] = phases.Start / 1000.0,
        [PhaseNames.FirstCall] = phases.FirstCall / 1000.0,
    };
}

internal sealed record FailureView(DateTimeOffset? At, string Reason, string Message, DateTimeOffset? RetryAt)
{
    public static FailureView Of(Failure failure)
        => new(failure.At?.ToDateTimeOffset(), failure.Reason.WireName(), failure.Message, failure.RetryAt?.ToDateTimeOffset());
}

internal sealed record ConditionView(string Type, bool Status, string Reason, string Message, DateTimeOffset? Since)
{
    public static ConditionView Of(ResourceCondition condition)
        => new(condition.Type, condition.Status == ResourceCondition.True, condition.Reason, condition.Message ?? "", condition.LastTransitionTime);

    public static ConditionView Of(Condition condition)
        => new(condition.Type, condition.Status, condition.Reason, condition.Message, condition.Since?.ToDateTimeOffset());
}
