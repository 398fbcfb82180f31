using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Functions;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;
using Name = PodPool.Core.FunctionName;
using PodPhase = PodPool.Contracts.V1.PodPhase;
using WirePool = PodPool.Contracts.V1.PoolStatus;
using WireStatus = PodPool.Contracts.V1.FunctionStatus;

namespace PodPool.Manager.Operations;

/// <summary>Functions and pools as operators see them.</summary>
internal sealed class FunctionView(ManagerOptions options, FunctionRegistry functions, PoolSet pools, EventJournal events, TimeProvider time)
{
    /// <summary>All functions, or those of a namespace, by name.</summary>
    public IEnumerable<WireStatus> List(string @namespace)
        => from name in functions.All.Keys.Concat(functions.Broken.Keys)
           where @namespace.Length == 0 || name.Namespace == @namespace
           orderby name.Namespace, name.Name
           select Describe(name) into status
           where status is not null
           select status;

    /// <summary>A function; null: there is none.</summary>
    public WireStatus? Describe(Name name)
    {
        if (functions.Broken.TryGetValue(name, out var broken))
        {
            return new()
            {
                Spec = new() { Function = Routes.ToWire(name) },
                Conditions = { new Condition { Type = "Ready", Status = false, Reason = Reason.FunctionNotReady.WireName(), Message = broken.Message } },
            };
        }

        if (!functions.All.TryGetValue(name, out var record))
        {
            return null;
        }

        var status = record.ToShownStatus();
        status.Urls.AddRange(UrlsOf(record));
        if (pools.Find(record.Spec.Pool)?.StatusOf(name) is not { } live)
        {
            status.Conditions.Add(new Condition { Type = "Ready", Status = false, Reason = Reason.PoolNotFound.WireName(), Message = $"there is no pool '{record.Spec.Pool}'" });
            return status;
        }

        status.Waiting = live.Waiting;
        status.InFlight = live.InFlight;
        status.Instances.AddRange(live.Instances.Select(instance => new Contracts.V1.InstanceStatus
        {
            Id = instance.Pod.Value,
            Revision = instance.Revision,
            Phase = PhaseOf(instance.State),
            Since = ToTimestamp(events.Since(instance.Pod)),
            Node = instance.Node,
        }));
        AddHistory(status, live, record);
        return status;
    }

    /// <summary>Where a function can be called.</summary>
    public IEnumerable<string> UrlsOf(FunctionRecord record)
    {
        var router = new Uri(options.PublicAddress);
        yield return new Uri(router, $"/{record.Name.Namespace}/{record.Name.Name}").AbsoluteUri;
        foreach (var path in record.Spec.Paths)
        {
            yield return new Uri(router, path).AbsoluteUri;
        }

        foreach (var host in options.Domain is { Length: > 0 } domain ? record.Spec.Hosts.Append($"{record.Name.Name}.{record.Name.Namespace}.{domain}") : record.Spec.Hosts)
        {
            yield return new UriBuilder(router.Scheme, host, router.Port).Uri.AbsoluteUri;
        }
    }

    /// <summary>A pool.</summary>
    public static WirePool Describe(PoolRunner pool)
    {
        var status = pool.Status;
        var enough = status.Warm >= status.Target;
        return new()
        {
            Pool = pool.Name,
            Size = status.Target,
            Sizing = SizeView.Of(status.Size),
            Max = status.Spec.Max == int.MaxValue ? 0 : status.Spec.Max,
            Starting = status.Starting,
            Warm = status.Warm,
            Claimed = status.Claimed,
            Serving = status.Serving,
            Draining = status.Draining,
            Claims = status.Claims,
            Misses = status.Misses,
            Conditions =
            {
                new Condition
                {
                    Type = "Ready",
                    Status = enough || status.Warm > 0,
                    Reason = enough ? "Full" : status.Warm > 0 ? "PartlyFull" : "Empty",
                    Message = $"{status.Warm} of {status.Target} pods are warm",
                },
                new Condition { Type = "Refilling", Status = status.Starting > 0, Reason = status.Starting > 0 ? "Starting" : "Idle", Message = $"{status.Starting} pods start" },
                new Condition
                {
                    Type = "Degraded",
                    Status = status.IsDegraded,
                    Reason = status.Stopped is not null ? "RefillStopped" : status.IsDegraded ? "PodsWait" : "AsExpected",
                    Message = status.Stopped is { } stop ? $"refill has stopped and is tried again in {stop.RetryIn.TotalSeconds:0} s: {stop.Message}"
                        : status.IsDegraded ? $"pods do not start: {status.Trouble}" : "",
                },
                SizeView.ConditionsOf(status.Size),
            },
        };
    }

    /// <summary>Whether a function can be called, and the reason in a word.</summary>
    public static (bool Ready, string Reason) Readiness(Core.FunctionStatus live)
        => live.BreakerOpenFor is not null ? (false, live.LastFault?.Reason ?? Reason.BreakerOpen.WireName())
            : (true, live.Instances.Any(instance => instance.State == PodState.Serving) ? "Serving" : "Idle");

    private void AddHistory(WireStatus status, Core.FunctionStatus live, FunctionRecord record)
    {
        if (events.LastStart(record.Name) is { } start)
        {
            status.LastStart = new()
            {
                At = Timestamp.FromDateTimeOffset(start.At),
                InstanceId = start.Pod.Value,
                Miss = start.Miss,
                Phases = PoolService.PhasesOf(start.Queued, start.Phases),
            };
        }

        if (live.LastFault is { } fault)
        {
            status.LastFailure = new()
            {
                At = ToTimestamp(events.LastFailure(record.Name)),
                Reason = ReasonErrors.ParseReason(fault.Reason),
                Message = fault.Message,
                RetryAt = live.BreakerOpenFor is { } left ? Timestamp.FromDateTimeOffset(time.GetUtcNow() + left) : null,
            };
        }

        var serves = live.Instances.Any(instance => instance.State == PodState.Serving);
        var (ready, reason) = Readiness(live);
        var failed = !ready;
        status.Conditions.Add(new Condition
        {
            Type = "Ready",
            Status = ready,
            Reason = reason,
            Message = failed ? live.LastFault?.Message ?? "" : serves ? "instances serve" : "the next request starts an instance",
            Since = failed ? ToTimestamp(events.LastFailure(record.Name)) : status.DeployedAt,
        });
    }

    private static PodPhase PhaseOf(PodState state) => state switch
    {
        PodState.Claimed => PodPhase.PodSpecializing,
        PodState.Serving => PodPhase.PodServing,
        PodState.Draining or PodState.Gone => PodPhase.PodDraining,
        PodState.Warm => PodPhase.PodWarm,
        _ => PodPhase.PodStarting,
    };

    private static Timestamp? ToTimestamp(DateTimeOffset? at) => at is { } known ? Timestamp.FromDateTimeOffset(known) : null;
}
