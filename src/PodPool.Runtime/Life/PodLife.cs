using PodPool.Contracts.V1;

namespace PodPool.Runtime.Life;

/// <summary>Where a pod stands.</summary>
internal sealed record PodState(PodPhase Phase, Binding? Binding = null, Reason Failure = Reason.Unspecified, string Message = "");

/// <summary>
/// A pod's one life: it accepts one claim, and no way leads back. All transitions are here, under one lock.
/// </summary>
/// <remarks>
/// <code>
///   Starting ─► Warm ─► Specializing ─► Serving ─► Draining
///                            └────────────┴─► Failed          (Draining from everywhere but Failed)
/// </code>
/// </remarks>
internal sealed class PodLife(string podId)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<SpecializeResponse> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PodState _state = new(PodPhase.PodStarting);
    private TaskCompletionSource _changed = NewSignal();

    public string PodId => podId;

    /// <summary>What became of the claim: ends when the specialization does. A failed one throws <see cref="RefusalException"/>.</summary>
    public Task<SpecializeResponse> Outcome => _outcome.Task;

    public bool IsBound => State.Binding is not null;

    public PodState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>The state, and what ends when it is no longer the state.</summary>
    public (PodState State, Task Changed) Observe()
    {
        lock (_lock)
        {
            return (_state, _changed.Task);
        }
    }

    public void BecomeWarm()
    {
        lock (_lock)
        {
            if (_state.Phase == PodPhase.PodStarting)
            {
                Set(new(PodPhase.PodWarm));
            }
        }
    }

    /// <summary>Binds the pod to a verified claim.</summary>
    /// <returns>True: bound now, specialize. False: it is bound to this very claim already, see <see cref="Outcome"/>.</returns>
    /// <exception cref="RefusalException">CLAIM_CONFLICT or POD_NOT_WARM; the state is as it was.</exception>
    public bool TryBind(Binding claim)
    {
        lock (_lock)
        {
            if (_state.Binding is { } bound)
            {
                return bound.Equals(claim)
                    ? false
                    : throw new RefusalException(
                        Reason.ClaimConflict,
                        $"pod {podId} is bound to claim {bound.ClaimId} for {bound.Namespace}/{bound.Function} revision {bound.Revision}; a pod accepts one claim in its life",
                        ("pod", podId), ("function", $"{bound.Namespace}/{bound.Function}"), ("revision", bound.Revision), ("claim", bound.ClaimId));
            }

            if (_state.Phase != PodPhase.PodWarm)
            {
                throw NotWarm(podId, _state.Phase);
            }

            Set(new(PodPhase.PodSpecializing, claim));
            return true;
        }
    }

    /// <summary>Something of the pod's status has changed that is not its state.</summary>
    public void Announce()
    {
        lock (_lock)
        {
            Set(_state);
        }
    }

    public void BecomeServing(SpecializeResponse response)
    {
        lock (_lock)
        {
            if (_state.Phase == PodPhase.PodSpecializing)
            {
                Set(_state with { Phase = PodPhase.PodServing });
            }
        }

        _outcome.TrySetResult(response);
    }

    /// <summary>Failed for good.</summary>
    public void Fail(RefusalException refusal)
    {
        lock (_lock)
        {
            if (_state.Phase != PodPhase.PodFailed)
            {
                Set(_state with { Phase = PodPhase.PodFailed, Failure = refusal.Reason, Message = refusal.Message });
            }
        }

        if (_outcome.TrySetException(refusal))
        {
            // Whoever asks again gets it; that nobody may ask is no unobserved exception.
            _ = _outcome.Task.Exception;
        }
    }

    /// <summary>No new requests from now on.</summary>
    public void BeginDrain()
    {
        lock (_lock)
        {
            if (_state.Phase is not (PodPhase.PodFailed or PodPhase.PodDraining))
            {
                Set(_state with { Phase = PodPhase.PodDraining });
            }
        }
    }

    public static RefusalException NotWarm(string podId, PodPhase phase) => new(
        Reason.PodNotWarm, $"pod {podId} is {Word(phase)}; only a warm pod can be claimed", ("pod", podId));

    private static string Word(PodPhase phase) => phase switch
    {
        PodPhase.PodStarting => "starting",
        PodPhase.PodDraining => "draining",
        PodPhase.PodFailed => "failed",
        _ => phase.ToString(),
    };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Set(PodState state)
    {
        _state = state;
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }
}
