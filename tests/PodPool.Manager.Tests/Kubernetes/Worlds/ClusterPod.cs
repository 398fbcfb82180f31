using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Worlds;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>
/// A generic pod without a process: what its loader answers. It is the judge of rule one: it accepts one claim in its life; the same
/// claim again gets the same answer, another is refused.
/// </summary>
internal sealed class ClusterPod(ClusterWorld world, string name, string address) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private PodStatus _status = new() { PodId = name, Phase = PodPhase.PodStarting, FunctionAddress = $"http://{address}:8080" };
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<SpecializeResponse>? _answer;

    public string Name => name;

    /// <summary>An address of its own, by which calls to it are told from calls to others.</summary>
    public string Address => address;

    /// <summary>Cancelled when its processes end.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>What it is, and when to look again.</summary>
    public (PodStatus Status, Task Next) Now
    {
        get
        {
            lock (_gate)
            {
                return (_status, _next.Task);
            }
        }
    }

    /// <summary>What it is bound to, dead or alive; null: it never took a claim.</summary>
    public Name? Bound => Now.Status.Binding is { } binding ? new(binding.Namespace, binding.Function) : null;

    public void Become(PodPhase phase)
    {
        lock (_gate)
        {
            _status = new(_status) { Phase = phase };
            var next = _next;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next.TrySetResult();
        }
    }

    /// <summary>It has rehearsed, unless it is over already.</summary>
    public void BecomeWarm()
    {
        lock (_gate)
        {
            if (!_ended.IsCancellationRequested && _status.Phase == PodPhase.PodStarting)
            {
                Become(PodPhase.PodWarm);
            }
        }
    }

    public Task<SpecializeResponse> SpecializeAsync(SpecializeHeader header)
    {
        var claim = Claim.Parser.ParseFrom(header.Claim);
        var manifest = Manifest.Parser.ParseFrom(header.Manifest);
        var function = new Name(manifest.Namespace, manifest.Function);
        lock (_gate)
        {
            if (_status.Binding?.ClaimId == claim.ClaimId)
            {
                return _answer!;
            }

            if (claim.PodId != name || _status.Phase != PodPhase.PodWarm)
            {
                throw (claim.PodId != name ? Reason.ClaimWrongPod : _status.Binding is null ? Reason.PodNotWarm : Reason.ClaimConflict).ToException($"{name} is {_status.Phase}");
            }

            _status = new(_status) { Binding = new() { Namespace = manifest.Namespace, Function = manifest.Function, Revision = manifest.Revision, ClaimId = claim.ClaimId } };
            Become(PodPhase.PodSpecializing);
            return _answer = FinishAsync(function, manifest.Revision);
        }
    }

    public void Drain()
    {
        lock (_gate)
        {
            if (_status.Phase == PodPhase.PodServing)
            {
                Become(PodPhase.PodDraining);
            }
        }
    }

    /// <summary>Its processes end, and every connection to it.</summary>
    public void Die() => _ended.Cancel();

    /// <summary>The network loses what is said, now and then.</summary>
    public void Loses(ServerCallContext context)
    {
        if (world.Chance(world.Weather.LostOrder))
        {
            context.GetHttpContext().Abort();
            throw new OperationCanceledException();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ended.Dispose();

    private async Task<SpecializeResponse> FinishAsync(Name function, string revision)
    {
        await world.DelayAsync(world.Weather.Specialize);
        if (world.Chance(world.Weather.DiesAtSpecialize))
        {
            world.Nodes.Fail(this, "killed while specializing");
        }

        if (_ended.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.Unavailable, "connection reset"));
        }

        if (world.IsBroken(function, revision))
        {
            Become(PodPhase.PodFailed);
            throw Reason.StartupFailed.ToException("it threw");
        }

        Become(PodPhase.PodServing);
        return new() { InstanceId = name, Phases = new() { Transfer = 1000, Load = 1000, Start = 1000 } };
    }
}
