using System.Globalization;

namespace PodPool.Simulation;

/// <summary>
/// The Azure Functions trace of 2019 (Shahrad et al. 2020): <c>HashOwner,HashApp,HashFunction,Trigger,1,…,1440</c>, one row a function and one file a day, how
/// often it was called in each minute. When within the minute is not said: at independent, uniform times here. Nor is how long: drawn.
/// </summary>
/// <param name="paths">Files of days that follow each other. Only one is in memory at a time: eight bytes for each function and minute with a call.</param>
/// <param name="duration">How long requests take.</param>
/// <param name="seed">Of times and durations.</param>
public sealed class AzureMinutes(IReadOnlyList<string> paths, Spread duration, ulong seed) : ILoadSource
{
    private const int Minutes = 24 * 60;

    /// <summary>More calls of one function in a minute than the whole service had are a wrong column, not a load.</summary>
    private const int MostCalls = 100_000_000;

    public string Description => string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(", ", paths.Select(Path.GetFileName))}, Azure Functions 2019: calls per minute, at uniform times within it (seed {seed}), durations lognormal, {duration.Median.TotalSeconds:0.###} s at the median and {duration.P99.TotalSeconds:0.###} s at p99");

    public ILoad Open() => new Days(paths, duration, seed);

    private sealed class Days : ILoad
    {
        private readonly IReadOnlyList<string> _paths;
        private readonly CallsOfMinute _minute;
        private readonly FunctionBook _functions = new();
        private readonly List<(int Function, int Calls)>[] _day = [.. Enumerable.Range(0, Minutes).Select(_ => new List<(int, int)>())];
        private int _file;
        private int _next = Minutes;

        public Days(IReadOnlyList<string> paths, Spread duration, ulong seed)
        {
            (_paths, _minute) = (paths, new CallsOfMinute(duration, new Chance(seed)));

            // A file that is none is said before anything is simulated.
            ReadDay();
        }

        /// <summary>The trace has no date; its first day was a Monday (15 July 2019).</summary>
        public DateTimeOffset Begin => new(2019, 7, 15, 0, 0, 0, TimeSpan.Zero);

        public IReadOnlyList<string> Functions => _functions.Names;

        public long End => _file * TimeSpan.TicksPerDay;

        public double Progress => (_file - 1 + (double)_next / Minutes) / _paths.Count;

        public Repairs Repairs { get; } = new();

        public int Read(Span<Arrival> arrivals)
        {
            var count = 0;
            while (count < arrivals.Length)
            {
                if (_minute.TryTake(out var arrival))
                {
                    arrivals[count++] = arrival;
                }
                else if (_next < Minutes)
                {
                    _minute.Begin((_file - 1) * TimeSpan.TicksPerDay + _next * TimeSpan.TicksPerMinute, _day[_next]);
                    _next++;
                }
                else if (_file < _paths.Count)
                {
                    ReadDay();
                }
                else
                {
                    break;
                }
            }

            return count;
        }

        public void Dispose()
        {
        }

        private void ReadDay()
        {
            using var table = CsvTable.Open(_paths[_file]);
            var (app, function) = (table.Column("HashApp"), table.Column("HashFunction"));
            var columns = new int[Minutes];
            for (var minute = 0; minute < Minutes; minute++)
            {
                _day[minute].Clear();
                var name = (minute + 1).ToString(CultureInfo.InvariantCulture);
                columns[minute] = table.Has(name) ? table.Column(name) : -1;
                if (columns[minute] < 0)
                {
                    Repairs.Add("minutes without a column, taken as without a call", 0);
                }
            }

            if (columns.All(column => column < 0))
            {
                table.Column("1");
            }

            while (table.Next(Repairs))
            {
                var place = _functions.PlaceOf(string.Concat(table.Text(app), "/", table.Text(function)));
                for (var minute = 0; minute < Minutes; minute++)
                {
                    if (columns[minute] >= 0 && Calls(table, columns[minute]) is > 0 and var calls)
                    {
                        _day[minute].Add((place, calls));
                    }
                }
            }

            _file++;
            _next = 0;
        }

        private static int Calls(CsvTable table, int column)
        {
            var text = table.Text(column);
            return text is "0" ? 0
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var calls) && calls <= MostCalls ? calls
                : throw table.Bad($"minute {table.Header[column]} is '{text}', which is no number of calls");
        }
    }
}
