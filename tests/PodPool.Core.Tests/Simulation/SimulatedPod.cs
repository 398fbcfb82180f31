namespace PodPool.Core.Tests.Simulation;

/// <summary>
/// A generic pod. It is the judge of rule one: it accepts one claim in its life; the same claim again gets the same answer, another
/// is refused. What it runs is checked against its binding.
/// </summary>
internal sealed class SimulatedPod(SimulatedWorld world, PodId id, string node)
{
    private readonly HashSet<SimulatedRequest> _running = [];
    private (StartPhases Phases, StartFault? Fault)? _verdict;
    private Action? _answerAgain;
    private bool _drainAnswered;

    public PodId Id => id;

    public PodPhase Phase { get; private set; } = PodPhase.Starting;

    public PodBinding? Binding { get; private set; }

    public bool Alive { get; private set; } = true;

    public int Running => _running.Count;

    public PodObservation Observation => new(id, Phase, node, Binding);

    public void Start()
    {
        Says();
        if (world.Chance(world.Weather.NeverWarm))
        {
            return;
        }

        var dies = world.Chance(world.Weather.DiesAtStart);
        world.Schedule(world.Draw(world.Weather.Start), () =>
        {
            if (!Alive || Phase != PodPhase.Starting)
            {
                return;
            }

            if (dies)
            {
                Die("exit code 134");
                return;
            }

            Become(PodPhase.Warm);
        });
    }

    public void Specialize(ClaimOrder order, Action<StartPhases, StartFault?> answer)
    {
        if (!Alive)
        {
            answer(default, new StartFault(false, "POD_GONE", "connection refused"));
        }
        else if (Binding is { } bound && bound.Claim == order.Claim)
        {
            // The same claim again: the same answer, when there is one.
            if (_verdict is { } verdict)
            {
                answer(verdict.Phases, verdict.Fault);
            }
            else
            {
                _answerAgain += () => answer(_verdict!.Value.Phases, _verdict.Value.Fault);
            }
        }
        else if (Phase != PodPhase.Warm)
        {
            answer(default, new StartFault(false, Binding is null ? "POD_NOT_WARM" : "CLAIM_CONFLICT", $"{id} is {Phase}"));
        }
        else
        {
            world.Witness.Bound(this, order);
            Binding = new PodBinding(order.Function.Name, order.Function.Revision, order.Claim);
            Become(PodPhase.Specializing);
            world.Schedule(world.Draw(world.Weather.Specialize), () => Finish(answer));
        }
    }

    public void Drain(Action drained)
    {
        if (!Alive)
        {
            drained();
            return;
        }

        if (Phase is PodPhase.Serving)
        {
            Become(PodPhase.Draining);
        }

        if (_running.Count == 0)
        {
            drained();
        }
        else if (!_drainAnswered)
        {
            _drainAnswered = true;
            world.Schedule(world.Spec.DrainGrace, drained);
        }
    }

    /// <returns>Whether it took the request; if not, it is not the instance that was meant.</returns>
    public bool Take(SimulatedRequest request)
    {
        if (!Alive || Phase != PodPhase.Serving || Binding!.Function != request.Function)
        {
            return false;
        }

        _running.Add(request);
        world.Schedule(world.Draw(world.Weather.Service), () =>
        {
            if (_running.Remove(request))
            {
                request.Finished(true);
            }
        });
        return true;
    }

    public void Die(string message)
    {
        if (!Alive)
        {
            return;
        }

        Alive = false;
        world.Pods.Remove(id.Value);
        foreach (var request in _running)
        {
            world.Send(() => request.Finished(false));
        }

        _running.Clear();
        world.Manager.News(pool => pool.PodGone(id, message));
    }

    private void Finish(Action<StartPhases, StartFault?> answer)
    {
        if (!Alive || Phase != PodPhase.Specializing)
        {
            return;
        }

        if (world.Chance(world.Weather.DiesAtSpecialize))
        {
            Die("killed while specializing");
            answer(default, new StartFault(false, "POD_GONE", "connection reset"));
            return;
        }

        var broken = world.Broken.Contains((Binding!.Function, Binding.Revision));
        _verdict = broken
            ? (default, new StartFault(true, "STARTUP_FAILED", "it threw"))
            : (new StartPhases(default, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)), null);
        Become(broken ? PodPhase.Failed : PodPhase.Serving);
        answer(_verdict.Value.Phases, _verdict.Value.Fault);
        _answerAgain?.Invoke();
    }

    private void Become(PodPhase phase)
    {
        Phase = phase;
        Says();
    }

    private void Says()
    {
        var seen = Observation;
        world.Manager.News(pool => pool.PodObserved(seen));
        if (world.Chance(world.Weather.StaleNews))
        {
            world.Schedule(TimeSpan.FromSeconds(1 + world.Pick(10)), () => world.Manager.Call(pool => pool.PodObserved(seen)));
        }
    }
}
