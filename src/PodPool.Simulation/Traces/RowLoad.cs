namespace PodPool.Simulation;

/// <summary>A load that has one row for each request.</summary>
internal abstract class RowLoad : ILoad
{
    /// <summary>A request beyond a year is a wrong unit, not a load.</summary>
    private const double Longest = 366 * 86_400.0;

    /// <summary>In seconds: a connection that stays open so long, or a wrong unit.</summary>
    protected const double LongestDuration = 86_400;

    private readonly FunctionBook _functions = new();
    private readonly Reordering _order;
    private bool _all;

    /// <param name="path">The file, for what is said of it.</param>
    protected RowLoad(string path) => _order = new Reordering(path, Repairs);

    public virtual DateTimeOffset Begin => NoDate;

    public IReadOnlyList<string> Functions => _functions.Names;

    public long End { get; private set; }

    public abstract double Progress { get; }

    public Repairs Repairs { get; } = new();

    /// <summary>Where a trace says no date: a Monday, for schedules and weeks begin on it.</summary>
    public static DateTimeOffset NoDate { get; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public int Read(Span<Arrival> arrivals)
    {
        var count = 0;
        while (count < arrivals.Length)
        {
            if (_order.TryTake(_all, out var arrival))
            {
                End = Math.Max(End, arrival.At);
                arrivals[count++] = arrival;
            }
            else if (_all)
            {
                break;
            }
            else
            {
                _all = !ReadRow();
            }
        }

        return count;
    }

    public abstract void Dispose();

    /// <summary>Reads the next row and <see cref="Add"/>s what is in it.</summary>
    /// <returns>False: there is none.</returns>
    protected abstract bool ReadRow();

    protected int PlaceOf(ReadOnlySpan<char> function) => _functions.PlaceOf(function);

    protected void Add(double begin, int function, double duration, double written, long line)
    {
        var began = Ticks(begin);
        if (begin < 0)
        {
            Repairs.Add("requests that began before the trace, taken to begin with it", line);
            begin = 0;
        }

        if (duration < 0)
        {
            Repairs.Add("negative durations, taken as 0", line);
            duration = 0;
        }

        if (duration > LongestDuration)
        {
            Repairs.Add($"durations longer than {LongestDuration / 3600:0} h, taken as that", line);
            duration = LongestDuration;
        }

        _order.Add(new Arrival(Ticks(begin), function, Ticks(duration)), began, Ticks(written), line);
    }

    /// <summary>Whether a number of seconds can be meant.</summary>
    protected static bool IsSane(double seconds) => Math.Abs(seconds) <= Longest;

    private static long Ticks(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);
}
