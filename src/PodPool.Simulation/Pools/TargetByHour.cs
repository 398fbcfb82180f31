namespace PodPool.Simulation;

/// <summary>How many warm pods a pool wanted, hour by hour of the day: the mean of each hour, and of several days the highest. Of an hour that did not come it is not a number.</summary>
internal sealed class TargetByHour(DateTimeOffset begin)
{
    private readonly double[] _highest = [.. Enumerable.Repeat(double.NaN, 24)];
    private long _hour = -1;
    private double _sum;
    private int _looks;

    public int Most { get; private set; }

    public IReadOnlyList<double> All
    {
        get
        {
            Close();
            return _highest;
        }
    }

    public void Note(long now, int target)
    {
        var hour = (begin.UtcTicks + now) / TimeSpan.TicksPerHour;
        if (hour != _hour)
        {
            Close();
            (_hour, _sum, _looks) = (hour, 0, 0);
        }

        _sum += target;
        _looks++;
        Most = Math.Max(Most, target);
    }

    private void Close()
    {
        if (_looks > 0)
        {
            ref var highest = ref _highest[_hour % 24];
            highest = double.IsNaN(highest) ? _sum / _looks : Math.Max(highest, _sum / _looks);
        }
    }
}
