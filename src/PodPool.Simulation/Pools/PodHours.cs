namespace PodPool.Simulation;

/// <summary>How long how many pods were what, until it is <see cref="Stop"/>ped.</summary>
internal sealed class PodHours
{
    private long _since;
    private double _starting;
    private double _warm;
    private double _bound;
    private bool _stopped;

    public int Starting { get; private set; }

    public int Warm { get; private set; }

    /// <summary>Claimed, serving or draining.</summary>
    public int Bound { get; private set; }

    public double StartingHours => _starting / TimeSpan.TicksPerHour;

    public double WarmHours => _warm / TimeSpan.TicksPerHour;

    public double BoundHours => _bound / TimeSpan.TicksPerHour;

    public void Change(long now, int starting, int warm, int bound)
    {
        Look(now);
        Starting += starting;
        Warm += warm;
        Bound += bound;
    }

    /// <summary>Counts from now on only.</summary>
    public void Restart(long now)
    {
        (_starting, _warm, _bound) = (0, 0, 0);
        _since = now;
    }

    public void Stop(long now)
    {
        Look(now);
        _stopped = true;
    }

    private void Look(long now)
    {
        if (!_stopped)
        {
            // Pods times ticks are more than a long holds when there are millions of pods for years.
            double span = now - _since;
            _starting += Starting * span;
            _warm += Warm * span;
            _bound += Bound * span;
        }

        _since = now;
    }
}
