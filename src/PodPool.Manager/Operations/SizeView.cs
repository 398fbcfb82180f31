using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Core;

namespace PodPool.Manager.Operations;

/// <summary>Why a pool has its size, for operators.</summary>
internal static class SizeView
{
    /// <summary>So many digits of a figure mean something; with more of them a status would change all the time.</summary>
    private const int Digits = 2;

    /// <summary>The decision; null: the size is a fixed number.</summary>
    public static PoolSizing? Of(SizeDecision? size) => size is null ? null : new()
    {
        Why = size.Why,
        Reserved = size.Reserved,
        Schedule = size.Schedule is { } schedule ? $"{schedule.Cron} {schedule.TimeZone}" : "",
        Short = size.IsShort,
        Forecast = Of(size.Forecast),
    };

    /// <summary>Whether the size is what was asked for; nothing where nothing is asked.</summary>
    public static IEnumerable<Condition> ConditionsOf(SizeDecision? size)
    {
        if (size?.Forecast is { } forecast)
        {
            yield return new()
            {
                Type = "Sized",
                Status = !size.IsShort,
                Reason = !size.IsShort ? "AsAsked" : forecast.RefillsAreTooSlow ? "RefillsTooSlow" : "MaxTooSmall",
                Message = size.Why,
            };
        }
    }

    private static PoolForecast? Of(SizeForecast? forecast)
    {
        if (forecast is null)
        {
            return null;
        }

        var wire = new PoolForecast
        {
            MissProbability = forecast.Asked,
            Needed = forecast.Needed,
            Demand = Rounded(forecast.Demand),
            Expected = Rounded(forecast.Expected),
            ExpectedBy = forecast.ExpectedBy is { } by ? Timestamp.FromDateTimeOffset(by) : null,
            Burstiness = Rounded(forecast.Burstiness),
            RefillP50 = Duration.FromTimeSpan(Rounded(forecast.RefillP50)),
            RefillP99 = Duration.FromTimeSpan(Rounded(forecast.RefillP99)),
            PredictedMissProbability = Rounded(forecast.PredictedMissProbability),
        };
        if (forecast.ActualMissRate is { } actual)
        {
            wire.ActualMissRate = Rounded(actual);
        }

        return wire;
    }

    private static TimeSpan Rounded(TimeSpan time) => TimeSpan.FromMilliseconds(Rounded(time.TotalMilliseconds));

    private static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value;
        }

        var scale = Math.Pow(10, Digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value))));
        return Math.Round(value * scale) / scale;
    }
}
