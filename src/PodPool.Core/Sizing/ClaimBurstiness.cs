namespace PodPool.Core;

/// <summary>
/// The index of dispersion of counts (variance over mean; Cox and Lewis 1966): 1 if claims come independently of each other, more if they come in bursts. Kept
/// for windows of 1, 2, 4 … 512 s, as bursts of different lengths show in different ones. What a window deviates from is what was forecast when it began:
/// the errors of a forecast are what stock must be kept against, so a rate that changes slowly is no burst.
/// </summary>
internal sealed class ClaimBurstiness
{
    public const int Windows = 10;

    /// <summary>Seconds until old windows have lost all but 1/e of their weight.</summary>
    private const double Memory = 6 * 3600;

    /// <summary>Before anything was seen: twice as bursty as chance, with the weight of ten claims.</summary>
    private const double PriorIndex = 2;
    private const double PriorClaims = 10;

    /// <summary>
    /// Standard deviations beyond which an error counts as no larger (Huber 1964): one rush of a thousand cannot be met by a stock, and must not make one
    /// for the rest of the day.
    /// </summary>
    private const double Outlier = 8;

    private readonly Window[] _windows = new Window[Windows];
    private long _second;

    /// <summary>Begins with what is assumed.</summary>
    public ClaimBurstiness()
    {
    }

    /// <summary>Goes on after a gap, with whole windows: what one that was cut off would say of its end is wrong.</summary>
    public ClaimBurstiness(ClaimBurstinessMemory memory)
    {
        for (var i = 0; i < Windows; i++)
        {
            _windows[i] = new Window(memory.Squares[i], memory.Claims[i]);
        }
    }

    /// <summary>What the windows that have ended said.</summary>
    public ClaimBurstinessMemory Learnt => new(Array.ConvertAll(_windows, window => window.Squares), Array.ConvertAll(_windows, window => window.Claims));

    /// <summary>Of windows of that length, or the next longer one there is.</summary>
    public double Over(double seconds)
    {
        var i = (int)Math.Clamp(Math.Ceiling(Math.Log2(Math.Max(seconds, 1))), 0, Windows - 1);
        return Index(_windows[i]);
    }

    /// <summary>So many claims in one second.</summary>
    /// <param name="claims">How many.</param>
    /// <param name="forecast">Claims a second that were forecast when it began.</param>
    public void Count(double claims, double forecast)
    {
        _second++;
        for (var i = 0; i < Windows; i++)
        {
            ref var window = ref _windows[i];
            var length = 1L << i;
            if ((_second - 1) % length == 0)
            {
                window.Begin(forecast * length);
            }

            window.Counted += claims;
            if (_second % length == 0)
            {
                window.End(Math.Exp(-length / Memory), Index(window));
            }
        }
    }

    private static double Index(in Window window) => (window.Squares + PriorIndex * PriorClaims) / (window.Claims + PriorClaims);

    private struct Window(double squares, double claims)
    {
        private double _expected;

        public double Counted { get; set; }

        public double Squares { get; private set; } = squares;

        public double Claims { get; private set; } = claims;

        public void Begin(double expected)
        {
            _expected = expected;
            Counted = 0;
        }

        public void End(double keep, double index)
        {
            // By the smaller of the two: neither a rush nor what is forecast for the seconds after it may excuse its own error.
            var most = Outlier * Math.Sqrt(index * (Math.Min(_expected, Counted) + 1));
            var error = Math.Clamp(Counted - _expected, -most, most);
            Squares = Squares * keep + error * error;
            Claims = Claims * keep + Math.Min(Counted, _expected + most);
        }
    }
}
