namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>How many events one object may still have: 25 at once, then one in five minutes. The framework's limiters know no clock but the machine's.</summary>
internal sealed class EventAllowance(DateTimeOffset now)
{
    private const double Burst = 25;

    private static readonly TimeSpan Each = TimeSpan.FromMinutes(5);

    private double _left = Burst;
    private DateTimeOffset _at = now;

    /// <summary>Takes one, if there is one.</summary>
    public bool TryTake(DateTimeOffset now)
    {
        Fill(now);
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }

    /// <summary>It is as one that was never used.</summary>
    public bool IsWhole(DateTimeOffset now)
    {
        Fill(now);
        return _left >= Burst;
    }

    private void Fill(DateTimeOffset now)
    {
        _left = Math.Min(Burst, _left + (Math.Max(0, (now - _at).Ticks) / (double)Each.Ticks));
        _at = now;
    }
}
