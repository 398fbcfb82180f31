namespace PodPool.Simulation;

/// <summary>
/// Claims that a pool had, as a load: each is a request that needs a pod of its own, whatever instances there are. For that each is of a function without an
/// instance: a new one, or one whose last request is <see cref="Apart"/> ago and that has none any more, when it is tried as <see cref="Try"/> says. So there
/// are no more functions than claims in that time.
/// </summary>
/// <param name="begin">When the first claim came.</param>
/// <param name="ticks">When each came, in ticks of 100 ns since <paramref name="begin"/>, ascending.</param>
/// <param name="length">How long the load lasts: the last claim may be long ago.</param>
public sealed class ClaimLoad(DateTimeOffset begin, IReadOnlyList<long> ticks, TimeSpan length) : ILoadSource
{
    /// <summary>Longer than a request is held at most (<see cref="SimulationSettings.Deadline"/>), starts, and leaves an instance behind.</summary>
    public static readonly TimeSpan Apart = TimeSpan.FromMinutes(1);

    /// <summary>An instance ends soon: how long instances live makes no pool larger or smaller, and a list of claims does not say it.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(1);

    public string Description => FormattableString.Invariant($"{ticks.Count} claims in {length.TotalMinutes:0} min");

    /// <summary>The settings with which claims stay claims.</summary>
    public static SimulationSettings Try(SimulationSettings settings) => settings with { IdleTimeout = IdleTimeout, Concurrency = 1 };

    public ILoad Open() => new Load(begin, ticks, length);

    private sealed class Load(DateTimeOffset begin, IReadOnlyList<long> ticks, TimeSpan length) : ILoad
    {
        /// <summary>A part is short in number and time, so that a run ends soon when nobody waits for it any more.</summary>
        private const int PartCount = 256;

        private static readonly long PartTicks = TimeSpan.FromMinutes(30).Ticks;

        private readonly List<string> _functions = [];
        private readonly Queue<(int Function, long Since)> _used = new();
        private int _read;

        public DateTimeOffset Begin => begin;

        public IReadOnlyList<string> Functions => _functions;

        public long End => length.Ticks;

        public double Progress => ticks.Count == 0 ? 1 : (double)_read / ticks.Count;

        public Repairs Repairs { get; } = new();

        public int Read(Span<Arrival> arrivals)
        {
            var most = Math.Min(Math.Min(arrivals.Length, PartCount), ticks.Count - _read);
            var count = 0;
            for (var first = most > 0 ? ticks[_read] : 0; count < most && ticks[_read] - first <= PartTicks; _read++)
            {
                arrivals[count++] = new(ticks[_read], FreeAt(ticks[_read]), 0);
            }

            return count;
        }

        public void Dispose()
        {
            // Nothing is open.
        }

        /// <summary>A function without an instance: the one that was called longest ago, or a new one.</summary>
        private int FreeAt(long now)
        {
            var function = _functions.Count;
            if (_used.TryPeek(out var oldest) && now - oldest.Since >= Apart.Ticks)
            {
                function = _used.Dequeue().Function;
            }
            else
            {
                _functions.Add(FormattableString.Invariant($"f{function}"));
            }

            _used.Enqueue((function, now));
            return function;
        }
    }
}
