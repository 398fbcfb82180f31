using System.Globalization;

namespace PodPool.Simulation;

/// <summary>How requests of a made-up load come.</summary>
public enum SyntheticKind
{
    /// <summary>Independently of each other.</summary>
    Poisson,

    /// <summary>In batches of one function, of geometric size.</summary>
    Bursts,

    /// <summary>Independently, at a rate whose logarithm is a sine over the day.</summary>
    Diurnal,

    /// <summary>In batches of one function, whose size has a Pareto tail.</summary>
    HeavyTailed,
}

/// <summary>A made-up load, as it is written: <c>diurnal:rate=20,functions=100,ratio=10</c>.</summary>
public sealed record SyntheticSpec
{
    private const string Form = "write KIND or KIND:NAME=VALUE,…, KIND being poisson, bursts, diurnal or heavy-tailed";

    public SyntheticKind Kind { get; init; }

    /// <summary>Requests a second, over the whole; diurnal: at the busiest time.</summary>
    public double Rate { get; init; } = 5;

    public int Functions { get; init; } = 100;

    /// <summary>The k-th function gets k to the power of minus this as many requests as the first (Zipf); 0: all alike.</summary>
    public double Zipf { get; init; } = 1;

    public double Hours { get; init; } = 24;

    /// <summary>Diurnal: the busiest time has so many times the requests of the quietest.</summary>
    public double Ratio { get; init; } = 10;

    /// <summary>Bursts: the mean size of a batch.</summary>
    public double Burst { get; init; } = 5;

    /// <summary>Heavy-tailed: the exponent of the tail; at 2 and below the variance is infinite.</summary>
    public double Shape { get; init; } = 2.5;

    /// <summary>How long requests take.</summary>
    public Spread Duration { get; init; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    public ulong Seed { get; init; } = 1;

    /// <summary>What only its kind has; null: nothing.</summary>
    private string? Own => Kind switch
    {
        SyntheticKind.Bursts => "burst",
        SyntheticKind.Diurnal => "ratio",
        SyntheticKind.HeavyTailed => "shape",
        _ => null,
    };

    /// <summary>Reads one.</summary>
    /// <param name="text">What is written.</param>
    /// <param name="seed">Its seed, where it names none.</param>
    /// <exception cref="FormatException">It is none; the message says what would be right.</exception>
    public static SyntheticSpec Parse(string text, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':', 2);
        var spec = new SyntheticSpec { Kind = KindOf(parts[0]), Seed = seed };
        foreach (var pair in parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var sign = pair.IndexOf('=', StringComparison.Ordinal);
            spec = sign > 0 ? spec.With(pair[..sign], pair[(sign + 1)..]) : throw new FormatException($"'{pair}' has no value: {Form}");
        }

        return spec;
    }

    /// <summary>All of it, as <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        var own = Kind switch
        {
            SyntheticKind.Bursts => Show($"{Own}={Burst},"),
            SyntheticKind.Diurnal => Show($"{Own}={Ratio},"),
            SyntheticKind.HeavyTailed => Show($"{Own}={Shape},"),
            _ => "",
        };
        return Show($"{NameOf(Kind)}:rate={Rate},functions={Functions},zipf={Zipf},hours={Hours},{own}duration={Duration.Median.TotalSeconds},duration-p99={Duration.P99.TotalSeconds},seed={Seed}");
    }

    private static SyntheticKind KindOf(string name) =>
        Enum.GetValues<SyntheticKind>().Cast<SyntheticKind?>().FirstOrDefault(kind => string.Equals(NameOf(kind!.Value), name.Trim(), StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"there is no kind of load '{name}': {Form}");

    private static string NameOf(SyntheticKind kind) => kind switch
    {
        SyntheticKind.Poisson => "poisson",
        SyntheticKind.Bursts => "bursts",
        SyntheticKind.Diurnal => "diurnal",
        _ => "heavy-tailed",
    };

    private static string Show(FormattableString text) => FormattableString.Invariant(text);

    private SyntheticSpec With(string name, string value)
    {
        double Number(double least, double most) =>
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new FormatException(Show($"{name} is '{value}'; it must be a number of {least:0.######} to {most:0.######}"));
        TimeSpan Seconds() => TimeSpan.FromSeconds(Number(0, 86_400));
        return name switch
        {
            "rate" => this with { Rate = Number(1e-6, 1e6) },
            "functions" => this with { Functions = (int)Number(1, 1_000_000) },
            "zipf" => this with { Zipf = Number(0, 10) },
            "hours" => this with { Hours = Number(1e-3, 24 * 366) },
            "ratio" or "burst" or "shape" when name != Own => throw new FormatException($"a load of the kind {NameOf(Kind)} has no '{name}'{(Own is null ? "" : $", but '{Own}'")}"),
            "ratio" => this with { Ratio = Number(1, 1e6) },
            "burst" => this with { Burst = Number(1, 1e5) },
            "shape" => this with { Shape = Number(1.05, 100) },
            "duration" => this with { Duration = new(Seconds(), Duration.P99 > Seconds() ? Duration.P99 : Seconds()) },
            "duration-p99" => this with { Duration = new(Duration.Median, Seconds()) },
            "seed" => this with { Seed = (ulong)Number(0, 1e15) },
            _ => throw new FormatException($"there is no '{name}'; there are rate, functions, zipf, hours, ratio, burst, shape, duration, duration-p99 (seconds) and seed"),
        };
    }
}
