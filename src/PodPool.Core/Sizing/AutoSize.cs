namespace PodPool.Core;

/// <summary>
/// A size that follows the demand. About once a second it looks at what came, forecasts, and asks <see cref="RefillsUnderWay"/> how many warm pods that
/// takes. It grows at once. It shrinks to what was the most that ten minutes asked for, a quarter of the way at a time and not for less than a tenth: a pod too many costs its memory, one
/// too few a caller's seconds, and pods that come and go cost both.
/// </summary>
internal sealed class AutoSize
{
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShrinkEvery = TimeSpan.FromMinutes(1);

    /// <summary>Callers that may come at once where nobody came before.</summary>
    private const int FirstCallers = 20;

    /// <summary>Seconds over which the actual share of misses is told.</summary>
    public const double MissMemory = 3600;

    private readonly ClaimDemand _demand;
    private readonly MissAim _aim;
    private readonly PeakWindow _wanted;
    private readonly long _shrinkEvery;
    private long _shrinkAt;
    private long _last;
    private DateTimeOffset _seen;
    private long _claimsBefore;
    private long _missesBefore;
    private double _claims;
    private double _misses;
    private TimeSpan _lost;
    private ClaimForecast _forecast;
    private RefillsUnderWay _underWay;
    private RefillQueue _queue;

    /// <summary>Begins with so many pods, and with what was counted so far as nothing new.</summary>
    /// <param name="clock">Says what time it is.</param>
    /// <param name="warm">How many.</param>
    /// <param name="claims">Claims so far.</param>
    /// <param name="misses">Misses so far.</param>
    /// <param name="memory">What another one has learnt; null: it begins with nothing known.</param>
    public AutoSize(Clock clock, int warm, long claims, long misses, SizingMemory? memory = null)
    {
        (_last, _seen, _claimsBefore, _missesBefore, Warm) = (clock.Now, clock.WallNow, claims, misses, warm);
        if (memory is null)
        {
            (Refills, _aim, _demand) = (new(), new(), new());
        }
        else
        {
            (Refills, _aim) = (new(memory.Refills), new(memory.Aim));
            _demand = new(memory, _seen, Lead);
            var keep = Math.Exp(-memory.GapUntil(_seen) / MissMemory);
            (_claims, _misses) = (memory.Claims * keep, memory.Misses * keep);
        }

        _wanted = new PeakWindow(clock.Length(Hold), clock.Now, warm);
        _shrinkEvery = clock.Length(ShrinkEvery);
    }

    /// <summary>Warm pods to keep, now.</summary>
    public int Warm { get; private set; }

    /// <summary>As many as it would take now, whatever the limits.</summary>
    public int Needed { get; private set; }

    public RefillTimes Refills { get; }

    /// <summary>What it has learnt until it looked last.</summary>
    public SizingMemory Learnt => new()
    {
        At = _seen,
        Warm = Warm,
        Aim = _aim.Learnt,
        Claims = _claims,
        Misses = _misses,
        Refills = Refills.Learnt,
        Rate = _demand.Rate,
        Burstiness = _demand.Burstiness,
        Pattern = _demand.Pattern,
    };

    /// <summary>
    /// More than twice the claims of an hour are not used up before they are refilled. What is reckoned of the first seconds of a burst, when little else was
    /// seen, may be that: rates are steady to the formulas, and queues before slow refills without end.
    /// </summary>
    private int MostUseful => (int)Math.Min(int.MaxValue, FirstCallers + 2 * _forecast.Hour);

    /// <summary>Two that begin together are both under way for mean × overlap; the window of counts that weighs as much is as much longer than the mean.</summary>
    private double Lead => Refills.Mean / Refills.Overlap;

    /// <summary>A refill ended with a warm pod. What failed before it is part of how long it took, but no more than the longest: an outage is no refill time.</summary>
    public void Refilled(TimeSpan took, TimeSpan longest)
    {
        var inAll = took + _lost;
        Refills.Add(inAll < longest ? inAll : longest);
        _lost = TimeSpan.Zero;
    }

    /// <summary>A refill ended without one.</summary>
    public void RefillFailed(TimeSpan took) => _lost += took;

    /// <summary>Looks at what came since it looked last.</summary>
    /// <param name="clock">Says how long ago that was.</param>
    /// <param name="spec">How the pool is kept.</param>
    /// <param name="claims">Claims so far, those too that wait for a pod.</param>
    /// <param name="misses">Misses so far.</param>
    public void Look(Clock clock, PoolSpec spec, long claims, long misses)
    {
        var auto = spec.Auto!;
        var seconds = clock.Since(_last).TotalSeconds;
        if (seconds > 0)
        {
            var (came, missed) = (claims - _claimsBefore, misses - _missesBefore);
            (_last, _claimsBefore, _missesBefore) = (clock.Now, claims, misses);
            Count(clock.WallNow, came, missed, seconds);
            Reckon(spec);

            // What missed while there could not be as many as needed says nothing against the model.
            var hindered = Warm < Needed || _queue.Load >= 1 || _lost > TimeSpan.Zero;
            Needed = Math.Min(MostUseful, _underWay.WarmFor(_aim.After(came, hindered ? 0 : missed, auto.MissProbability)));
            Follow(clock.Now, Math.Clamp(Needed, auto.Min, auto.Max));
        }

        // The limits may be new.
        Warm = Math.Clamp(Warm, auto.Min, auto.Max);
    }

    /// <summary>What it knows, for those who ask.</summary>
    public SizeForecast Tell(PoolSpec spec, int warm) => new()
    {
        Asked = spec.Auto!.MissProbability,
        Max = Math.Min(spec.Auto.Max, spec.Max),
        Needed = Needed,
        Demand = _forecast.Now,
        Expected = _forecast.Expected,
        ExpectedBy = _forecast.By,
        Burstiness = _forecast.Burstiness,
        RefillMean = TimeSpan.FromSeconds(Refills.Mean),
        RefillP50 = TimeSpan.FromSeconds(Refills.Quantile(0.5)),
        RefillP99 = TimeSpan.FromSeconds(Refills.Quantile(0.99)),
        RefillsMeasured = Refills.Measured,
        RefillLoad = _queue.Load,
        PredictedMissProbability = _aim.Corrected(_underWay.MissProbability(warm)),
        ActualMissRate = _claims >= 1 ? Math.Min(1, _misses / _claims) : null,
    };

    private void Count(DateTimeOffset now, long came, long missed, double seconds)
    {
        var lead = Lead;
        _seen = now;
        _demand.Count(now, came, seconds, lead);
        _forecast = _demand.Forecast(now, lead);
        var keep = Math.Exp(-seconds / MissMemory);
        (_claims, _misses) = (_claims * keep + came, _misses * keep + missed);
    }

    private void Reckon(PoolSpec spec)
    {
        var (rate, burstiness) = (_forecast.Expected, Math.Max(1, _forecast.Burstiness));
        var mean = rate * Refills.Mean;

        // Peakedness (Eckberg 1983): what the overlap leaves of the burstiness. And what is not known of the rate varies, too.
        var ratio = 1 + (burstiness - 1) * Refills.Overlap + burstiness * Refills.Mean / _forecast.Window;
        _queue = RefillQueue.Of(spec, rate, burstiness, Refills);
        _underWay = new RefillsUnderWay(mean + _queue.Mean, mean * ratio + _queue.Variance);
    }

    private void Follow(long now, int wanted)
    {
        _wanted.Note(now, wanted);
        var peak = (int)_wanted.Peak(now);
        if (wanted > Warm)
        {
            Warm = wanted;
        }
        else if (peak < Warm - Warm / 10 && now >= _shrinkAt)
        {
            Warm -= Math.Max(1, (Warm - peak) / 4);
            _shrinkAt = now + _shrinkEvery;
        }
    }
}
