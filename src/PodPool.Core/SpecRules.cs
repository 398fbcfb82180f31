using Cronos;

namespace PodPool.Core;

/// <summary>What a pool can be asked for. Bad input is refused at the door, with what is wrong and what would be right.</summary>
internal static class SpecRules
{
    private static readonly TimeSpan LongestSchedule = TimeSpan.FromDays(366);

    public static void Check(PoolSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Require(spec.Warm >= 0, nameof(spec.Warm), spec.Warm, "0 or more");
        Require(spec.Max >= 0, nameof(spec.Max), spec.Max, "0 or more");
        Require(spec.RefillPerSecond > 0 && double.IsFinite(spec.RefillPerSecond), nameof(spec.RefillPerSecond), spec.RefillPerSecond, "more than 0");
        Require(spec.RefillBurst >= 1, nameof(spec.RefillBurst), spec.RefillBurst, "1 or more");
        Require(spec.RefillParallelism >= 1, nameof(spec.RefillParallelism), spec.RefillParallelism, "1 or more");
        Require(spec.RefillParallelismWhileWarm >= 1, nameof(spec.RefillParallelismWhileWarm), spec.RefillParallelismWhileWarm, "1 or more");
        CheckSize(spec);
        Require(spec.StopRefillAfter >= 1, nameof(spec.StopRefillAfter), spec.StopRefillAfter, "1 or more");
        Require(spec.ClaimAttempts >= 1, nameof(spec.ClaimAttempts), spec.ClaimAttempts, "1 or more");
        RequireTime(spec.RefillYield, nameof(spec.RefillYield));
        RequireTime(spec.DrainGrace, nameof(spec.DrainGrace));
        RequireTime(spec.RouteAckTimeout, nameof(spec.RouteAckTimeout));
        RequireTime(spec.Breaker, nameof(spec.Breaker));
        RequireTime(spec.BreakerMax - spec.Breaker, nameof(spec.BreakerMax));
        RequireTime(spec.RefillRetry, nameof(spec.RefillRetry));
        RequireTime(spec.RefillRetryMax - spec.RefillRetry, nameof(spec.RefillRetryMax));
        Require(spec.StartDeadline > TimeSpan.Zero, nameof(spec.StartDeadline), spec.StartDeadline, "longer than 0");
        Require(spec.SpecializeDeadline > TimeSpan.Zero, nameof(spec.SpecializeDeadline), spec.SpecializeDeadline, "longer than 0");
    }

    public static void Check(FunctionSpec function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var scale = function.Scale;
        Require(function.Concurrency >= 1, nameof(function.Concurrency), function.Concurrency, "1 or more");
        Require(scale.Min >= 0, "Scale.Min", scale.Min, "0 or more");
        Require(scale.Max >= Math.Max(1, scale.Min), "Scale.Max", scale.Max, $"{Math.Max(1, scale.Min)} or more (int.MaxValue: no limit)");
        RequireTime(scale.IdleTimeout, "Scale.IdleTimeout");
    }

    private static void CheckSize(PoolSpec spec)
    {
        if (spec.Auto is { } auto)
        {
            Require(auto.MissProbability is > 0 and < 1, "Auto.MissProbability", auto.MissProbability, "more than 0 and less than 1");
            Require(auto.Min >= 0, "Auto.Min", auto.Min, "0 or more");
            Require(auto.Max >= Math.Max(1, auto.Min), "Auto.Max", auto.Max, $"{Math.Max(1, auto.Min)} or more (int.MaxValue: no limit)");
        }

        foreach (var schedule in spec.Schedules)
        {
            Require(CronExpression.TryParse(schedule.Cron, out var cron), "Schedules.Cron", schedule.Cron, "five fields: minute, hour, day of month, month, day of week");
            Require(cron!.GetNextOccurrence(DateTime.UnixEpoch, TimeZoneInfo.Utc) is not null, "Schedules.Cron", schedule.Cron, "a time that comes");
            Require(schedule.Duration > TimeSpan.Zero && schedule.Duration <= LongestSchedule, "Schedules.Duration", schedule.Duration, $"more than 0, {LongestSchedule} at most");
            Require(schedule.Warm >= 0, "Schedules.Warm", schedule.Warm, "0 or more");
            Require(TimeZoneInfo.TryFindSystemTimeZoneById(schedule.TimeZone, out _), "Schedules.TimeZone", schedule.TimeZone, "a time zone that this machine knows, such as Europe/Berlin");
        }

        foreach (var (function, pods) in spec.Reserve)
        {
            Require(pods >= 0, $"Reserve of {function}", pods, "0 or more");
        }
    }

    private static void RequireTime(TimeSpan value, string name) => Require(value >= TimeSpan.Zero, name, value, "0 or longer");

    private static void Require<T>(bool holds, string name, T value, string needed)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {needed}.");
        }
    }
}
