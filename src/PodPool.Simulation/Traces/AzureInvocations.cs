namespace PodPool.Simulation;

/// <summary>
/// The Azure Functions trace of 2021 (Zhang et al. 2021): <c>app,func,end_timestamp,duration</c>, one row an invocation, in seconds since the trace began on
/// 31 January 2021; sorted by its end.
/// </summary>
public sealed class AzureInvocations(string path) : ILoadSource
{
    private static readonly DateTimeOffset Began = new(2021, 1, 31, 0, 0, 0, TimeSpan.Zero);

    public string Description => $"{Path.GetFileName(path)}, Azure Functions 2021: app, func, end_timestamp, duration";

    public ILoad Open()
    {
        var table = CsvTable.Open(path);
        try
        {
            return new Rows(path, table);
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    private sealed class Rows(string path, CsvTable table) : RowLoad(path)
    {
        private readonly int _app = table.Column("app");
        private readonly int _function = table.Column("func");
        private readonly int _end = table.Column("end_timestamp");
        private readonly int _duration = table.Column("duration");

        public override DateTimeOffset Begin => Began;

        public override double Progress => table.Progress;

        public override void Dispose() => table.Dispose();

        protected override bool ReadRow()
        {
            if (!table.Next(Repairs))
            {
                return false;
            }

            var (end, duration) = (table.Number(_end), table.Number(_duration));
            if (!IsSane(end) || !IsSane(duration))
            {
                throw table.Bad("it is more than a year after the trace's beginning; its times are seconds since then");
            }

            Add(end - Math.Max(0, duration), Key(table, _app, _function), duration, end, table.Line);
            return true;
        }

        private int Key(CsvTable row, int app, int function)
        {
            // A function's name is unique within its application only.
            var first = row.Text(app);
            var second = row.Text(function);
            Span<char> key = stackalloc char[Math.Min(first.Length + second.Length + 1, 512)];
            if (first.Length + second.Length + 1 > key.Length)
            {
                throw row.Bad("its names are longer than 500 characters");
            }

            first.CopyTo(key);
            key[first.Length] = '/';
            second.CopyTo(key[(first.Length + 1)..]);
            return PlaceOf(key);
        }
    }
}
