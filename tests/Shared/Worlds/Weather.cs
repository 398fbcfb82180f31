namespace PodPool.Worlds;

/// <summary>How long things take in a simulated world, and how often they go wrong. Chances are from 0 to 1.</summary>
internal sealed record Weather
{
    /// <summary>Nothing goes wrong.</summary>
    public static Weather Fair { get; } = new();

    /// <summary>Everything goes wrong now and then, and news comes in any order.</summary>
    public static Weather Storm { get; } = new()
    {
        Network = new(0.0001, 1.5),
        LostOrder = 0.05,
        LostNews = 0.05,
        Twice = 0.1,
        CreationFails = 0.05,
        NeverWarm = 0.03,
        DiesAtStart = 0.03,
        DiesAtSpecialize = 0.1,
        StaleNews = 0.1,
    };

    /// <summary>Seconds for one message.</summary>
    public Span Network { get; init; } = new(0.0002, 0.002);

    /// <summary>Seconds from the order of a pod until it exists.</summary>
    public Span Create { get; init; } = new(0.05, 0.2);

    /// <summary>Seconds from there until it is warm.</summary>
    public Span Start { get; init; } = new(0.3, 1);

    /// <summary>Seconds that a pod takes to specialize.</summary>
    public Span Specialize { get; init; } = new(0.003, 0.03);

    /// <summary>Seconds that one request runs.</summary>
    public Span Service { get; init; } = new(0.001, 0.1);

    /// <summary>An order to a pod gets lost.</summary>
    public double LostOrder { get; init; }

    /// <summary>What the backend tells the pool gets lost.</summary>
    public double LostNews { get; init; }

    /// <summary>A message arrives twice.</summary>
    public double Twice { get; init; }

    /// <summary>What a pod says of itself arrives again much later.</summary>
    public double StaleNews { get; init; }

    public double CreationFails { get; init; }

    public double NeverWarm { get; init; }

    public double DiesAtStart { get; init; }

    public double DiesAtSpecialize { get; init; }
}

/// <summary>From, to; any value between is as likely as any other.</summary>
internal readonly record struct Span(double From, double To);
