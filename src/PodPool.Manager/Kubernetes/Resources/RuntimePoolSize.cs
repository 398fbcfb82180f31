using System.Text.Json.Serialization;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>How many pods a pool has.</summary>
internal sealed record RuntimePoolSize
{
    /// <summary>With <see cref="Auto"/>: to begin with, while nothing is known.</summary>
    [JsonPropertyName("warm")]
    public int Warm { get; init; } = 4;

    /// <summary>0: no limit.</summary>
    [JsonPropertyName("max")]
    public int Max { get; init; }

    /// <summary>Null: the pool does not size itself.</summary>
    [JsonPropertyName("auto")]
    public RuntimePoolAuto? Auto { get; init; }

    [JsonPropertyName("schedules")]
    public IReadOnlyList<RuntimePoolSchedule> Schedules { get; init; } = [];

    [JsonPropertyName("reserve")]
    public IReadOnlyList<RuntimePoolReserve> Reserve { get; init; } = [];
}

/// <summary>How a pool sizes itself.</summary>
internal sealed record RuntimePoolAuto
{
    /// <summary>The share of claims that may find no warm pod.</summary>
    [JsonPropertyName("missProbability")]
    public double MissProbability { get; init; } = 0.01;

    [JsonPropertyName("min")]
    public int Min { get; init; } = 1;

    /// <summary>0: no limit.</summary>
    [JsonPropertyName("max")]
    public int Max { get; init; }
}

/// <summary>A time at which a pool has so many warm pods at least.</summary>
internal sealed record RuntimePoolSchedule
{
    [JsonPropertyName("cron")]
    public string Cron { get; init; } = "";

    /// <summary>A duration: <see cref="DurationText"/> reads it.</summary>
    [JsonPropertyName("duration")]
    public string Duration { get; init; } = "";

    [JsonPropertyName("warm")]
    public int Warm { get; init; }

    [JsonPropertyName("timeZone")]
    public string TimeZone { get; init; } = "UTC";
}

/// <summary>Warm pods that one function alone may claim.</summary>
internal sealed record RuntimePoolReserve
{
    [JsonPropertyName("namespace")]
    public string Namespace { get; init; } = "";

    [JsonPropertyName("function")]
    public string Function { get; init; } = "";

    [JsonPropertyName("warm")]
    public int Warm { get; init; }
}

/// <summary>Why a pool has its size, to two digits.</summary>
internal sealed record RuntimePoolSizing
{
    public const string LearntName = "learnt";

    [JsonPropertyName("why")]
    public string Why { get; init; } = "";

    [JsonPropertyName("needed")]
    public int? Needed { get; init; }

    /// <summary>Claims a second, now.</summary>
    [JsonPropertyName("demand")]
    public double? Demand { get; init; }

    /// <summary>Claims a second that the size is made for.</summary>
    [JsonPropertyName("expected")]
    public double? Expected { get; init; }

    [JsonPropertyName("burstiness")]
    public double? Burstiness { get; init; }

    /// <summary>Seconds.</summary>
    [JsonPropertyName("refillP50")]
    public double? RefillP50 { get; init; }

    /// <summary>Seconds.</summary>
    [JsonPropertyName("refillP99")]
    public double? RefillP99 { get; init; }

    [JsonPropertyName("predictedMissProbability")]
    public double? PredictedMissProbability { get; init; }

    /// <summary>Null: nobody claimed anything.</summary>
    [JsonPropertyName("actualMissRate")]
    public double? ActualMissRate { get; init; }

    /// <summary>
    /// What an automatic size had learnt some minutes ago, for the manager that leads next: <see cref="Core.Pool.Learnt"/>. Null in a status that says nothing of
    /// it, which leaves what is there.
    /// </summary>
    [JsonPropertyName(LearntName)]
    public string? Learnt { get; init; }
}
