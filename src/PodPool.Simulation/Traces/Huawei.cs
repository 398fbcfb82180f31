namespace PodPool.Simulation;

/// <summary>
/// Huawei's traces of 2025 (Joosen et al., EuroSys 2025), times in seconds since their first day: the cold starts (<c>time, funcName, userID, podID</c>), each
/// taken as a request that lasts as long as is drawn; or the requests (<c>time_frontend, funcName, userID, podID, totalCost_frontend</c>, or those of the worker).
/// A function is its name, its user and its pool.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="duration">How long requests take that began with a cold start: that table does not say.</param>
/// <param name="seed">Of durations.</param>
public sealed class Huawei(string path, Spread duration, ulong seed) : ILoadSource
{
    public string Description => FormattableString.Invariant(
        $"{Path.GetFileName(path)}, Huawei 2025: cold starts taken as requests (durations drawn, {duration.Median.TotalSeconds:0.###} s at the median and {duration.P99.TotalSeconds:0.###} s at p99), or requests with their own durations");

    public ILoad Open()
    {
        var table = CsvTable.Open(path);
        try
        {
            return new Rows(path, table, duration, new Chance(seed));
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    private sealed class Rows : RowLoad
    {
        private const double Hour = 3600;
        private const double Day = 24 * Hour;

        private readonly CsvTable _table;
        private readonly Spread _drawn;
        private readonly Chance _chance;
        private readonly int _time;
        private readonly int _day = -1;
        private readonly int _function;
        private readonly int _user;
        private readonly int _pod;
        private readonly int _took = -1;
        private readonly double _first;
        private bool _pending;

        public Rows(string path, CsvTable table, Spread drawn, Chance chance)
            : base(path)
        {
            (_table, _drawn, _chance) = (table, drawn, chance);
            (_function, _user, _pod) = (table.Column("funcName"), table.Column("userID"), table.Column("podID"));
            if (table.Has("totalCost_cold_start"))
            {
                _time = table.Column("time");
                _day = table.Has("day") ? table.Column("day") : -1;
            }
            else
            {
                var of = table.Has("time_frontend") ? "frontend" : "worker";
                (_time, _took) = (table.Column($"time_{of}"), table.Column($"totalCost_{of}"));
            }

            // A file of one day begins where that day does.
            _pending = table.Next(Repairs);
            _first = _pending ? Math.Floor(Time() / Hour) * Hour : 0;
        }

        public override DateTimeOffset Begin => NoDate.AddSeconds(_first);

        public override double Progress => _table.Progress;

        public override void Dispose() => _table.Dispose();

        protected override bool ReadRow()
        {
            if (!_pending && !_table.Next(Repairs))
            {
                return false;
            }

            _pending = false;
            var at = Time() - _first;
            Add(at, Key(), _took < 0 ? TimeSpan.FromTicks(_drawn.Draw(_chance)).TotalSeconds : _table.Number(_took), at, _table.Line);
            return true;
        }

        private double Time()
        {
            var time = _table.Number(_time);
            var begins = _day < 0 ? 0 : _table.Number(_day) * Day;

            // Some files count within the day.
            time += time < begins && time < Day ? begins : 0;
            return IsSane(time) ? time : throw _table.Bad($"'{_table.Header[_time]}' is more than a year after the trace's beginning; its times are seconds since then");
        }

        /// <summary>"pool24-600-512-0000577863" is a pod of pool24-600-512.</summary>
        private int Key()
        {
            var pod = _table.Text(_pod);
            var pool = pod.LastIndexOf('-') is > 0 and var end ? pod[..end] : pod;
            return PlaceOf(string.Concat(_table.Text(_function), "---", _table.Text(_user), $"---{pool}"));
        }
    }
}
