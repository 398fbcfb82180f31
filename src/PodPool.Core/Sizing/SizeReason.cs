using System.Globalization;
using System.Text;

namespace PodPool.Core;

/// <summary>The sentence that says why a pool has its size.</summary>
internal static class SizeReason
{
    private const double WorthSaying = 1.1;

    public static string Of(SizeDecision size)
    {
        var text = new StringBuilder();
        var kept = size.Warm - size.Reserved;
        if (size.Forecast is { } forecast)
        {
            Demand(text, forecast);
            text.Append(Invariant($"a refill takes {Seconds(forecast.RefillP50)} (p99 {Seconds(forecast.RefillP99)}"));
            text.Append(forecast.RefillsMeasured == 0 ? ", assumed): " : "): ");
            text.Append(Invariant($"{kept} warm {(kept == 1 ? "pod misses" : "pods miss")} {Percent(forecast.PredictedMissProbability)} of claims"));
            Limits(text, size, forecast, kept);
        }
        else
        {
            text.Append(Invariant($"{kept} warm pods are kept"));
        }

        if (size.Schedule is { } schedule && schedule.Warm >= kept)
        {
            text.Append(Invariant($"; {schedule.Warm} by schedule ({schedule.Cron}, {schedule.TimeZone})"));
        }

        if (size.Reserved > 0)
        {
            text.Append(Invariant($"; {size.Reserved} more for named functions"));
        }

        return text.ToString();
    }

    private static void Demand(StringBuilder text, SizeForecast forecast)
    {
        text.Append(Invariant($"{Rate(forecast.Demand)} claims/s now"));
        if (forecast.ExpectedBy is { } by && forecast.Expected > forecast.Demand * WorthSaying)
        {
            text.Append(Invariant($", {Rate(forecast.Expected)} expected by {by:HH:mm} UTC"));
        }
        else if (forecast.Expected > forecast.Demand * WorthSaying)
        {
            text.Append(Invariant($", {Rate(forecast.Expected)} expected at this hour"));
        }

        if (forecast.Burstiness >= 1.5)
        {
            text.Append(Invariant($", {forecast.Burstiness:0.0} times as bursty as chance"));
        }

        text.Append("; ");
    }

    private static void Limits(StringBuilder text, SizeDecision size, SizeForecast forecast, int kept)
    {
        if (forecast.RefillsAreTooSlow)
        {
            text.Append(Invariant($"; claims come {forecast.RefillLoad:0.0#} times as fast as refills may begin, which no number of warm pods makes up for"));
        }
        else if (size.IsShort)
        {
            text.Append(Invariant($"; for {Percent(forecast.Asked)} it would take {forecast.Needed}, and there may be {forecast.Max}"));
        }
        else if (forecast.Needed < kept && size.Schedule?.Warm != kept)
        {
            text.Append(Invariant($"; {forecast.Needed} would do, but the pool shrinks slowly"));
        }
    }

    private static string Rate(double perSecond) => perSecond.ToString(perSecond < 0.1 ? "0.####" : "0.0", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString(span.TotalSeconds < 1 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " s";

    private static string Percent(double share) =>
        share < 0.0001 ? "less than 0.01 %" : (share * 100).ToString(share < 0.001 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " %";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
