namespace PodPool.Core;

/// <summary>
/// What to aim at, so that what is asked for comes true. No distribution of two parameters has every load's tail; so what really missed counts: each miss
/// beyond what was asked for makes the aim stricter, each claim less than that lets it go back. That is adaptive conformal inference (Gibbs and Candès
/// 2021), of which the share of misses in the long run does not depend on any model; here in the logarithm, and never laxer than what was asked for.
/// </summary>
internal sealed class MissAim
{
    /// <summary>One miss too many makes the aim stricter by a twentieth.</summary>
    private const double Step = 0.05;

    /// <summary>Never stricter than a millionth of what was asked for.</summary>
    public static readonly double Strictest = Math.Log(1e-6);

    private double _log;

    /// <summary>Begins at what was asked for.</summary>
    public MissAim()
    {
    }

    /// <summary>Goes on from what was <see cref="Learnt"/>, however old: it grows better by claims, not by time.</summary>
    public MissAim(double learnt) => _log = Math.Clamp(learnt, Strictest, 0);

    /// <summary>The logarithm of what is aimed at, over what is asked for.</summary>
    public double Learnt => _log;

    /// <summary>What a model says of the probability of a miss, in the light of how wrong it was.</summary>
    public double Corrected(double modelled) => Math.Min(1, modelled / Math.Exp(_log));

    /// <summary>The probability to aim at after so many claims, of which so many missed.</summary>
    public double After(long claims, long misses, double asked)
    {
        _log = Math.Clamp(_log + Step * (asked * claims - misses), Strictest, 0);
        return asked * Math.Exp(_log);
    }
}
