using System.Globalization;
using System.Text.Json;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>What a pool's size follows, from its object; and why it is what it is, back.</summary>
internal static class SizeMapping
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>As the pool is kept.</summary>
    /// <exception cref="FormatException">A duration in it is none.</exception>
    public static SizeOptions ToOptions(RuntimePoolSize size) => new()
    {
        Auto = size.Auto is { } auto ? new(auto.MissProbability) { Min = auto.Min, Max = auto.Max == 0 ? int.MaxValue : auto.Max } : null,
        Schedules = [.. size.Schedules.Select(ToSchedule)],
        Reserve = size.Reserve.ToDictionary(share => new Core.FunctionName(share.Namespace, share.Function), share => share.Warm),
    };

    /// <summary>What is wrong with it; null: nothing.</summary>
    public static string? ProblemOf(RuntimePoolSize size)
    {
        try
        {
            if (size.Reserve.GroupBy(share => (share.Namespace, share.Function)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            {
                return $"spec.size.reserve names {twice.Key.Namespace}/{twice.Key.Function} twice";
            }

            var options = ToOptions(size);
            new PoolSpec { Name = "pool", Warm = size.Warm, Auto = options.Auto, Schedules = options.Schedules, Reserve = options.Reserve }.Check();
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // "Auto.Max must be …. (Parameter …)": the object's fields have the same names, written small.
            var message = exception.Message.Split(" (Parameter", 2)[0].Split(' ', 2);
            var field = string.Join('.', message[0].Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));
            return string.Create(CultureInfo.InvariantCulture, $"spec.size.{field} {message[1]} It is {exception.ActualValue}");
        }
    }

    /// <summary>As the pool's object tells it; null: the size is a fixed number.</summary>
    public static RuntimePoolSizing? ToStatus(PoolSizing? sizing) => sizing is null ? null : new()
    {
        Why = sizing.Why,
        Needed = sizing.Forecast?.Needed,
        Demand = sizing.Forecast?.Demand,
        Expected = sizing.Forecast?.Expected,
        Burstiness = sizing.Forecast?.Burstiness,
        RefillP50 = sizing.Forecast?.RefillP50.ToTimeSpan().TotalSeconds,
        RefillP99 = sizing.Forecast?.RefillP99.ToTimeSpan().TotalSeconds,
        PredictedMissProbability = sizing.Forecast?.PredictedMissProbability,
        ActualMissRate = sizing.Forecast is { HasActualMissRate: true } forecast ? forecast.ActualMissRate : null,
    };

    private static SizeSchedule ToSchedule(RuntimePoolSchedule schedule)
        => new(schedule.Cron, DurationText.Parse(schedule.Duration, "spec.size.schedules.duration", Shortest, Longest), schedule.Warm, schedule.TimeZone);
}
