using Cronos;

namespace PodPool.Core;

/// <summary>What schedules ask for at a time.</summary>
internal sealed class ScheduledFloor(IEnumerable<SizeSchedule> schedules)
{
    private readonly (CronExpression Cron, TimeZoneInfo Zone, SizeSchedule Schedule)[] _schedules =
        [.. schedules.Select(schedule => (CronExpression.Parse(schedule.Cron), TimeZoneInfo.FindSystemTimeZoneById(schedule.TimeZone), schedule))];

    /// <summary>The largest of those that are on; null: none is.</summary>
    public SizeSchedule? At(DateTimeOffset now)
    {
        SizeSchedule? largest = null;
        foreach (var (cron, zone, schedule) in _schedules)
        {
            // Begun after (now − duration) and not after now.
            if (cron.GetNextOccurrence((now - schedule.Duration).UtcDateTime, zone) <= now.UtcDateTime && schedule.Warm > (largest?.Warm ?? -1))
            {
                largest = schedule;
            }
        }

        return largest;
    }

    /// <summary>When the answer may be another; null: never.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now)
    {
        DateTime? next = null;
        foreach (var (cron, zone, schedule) in _schedules)
        {
            var begun = cron.GetNextOccurrence((now - schedule.Duration).UtcDateTime, zone);
            next = Earlier(next, begun <= now.UtcDateTime ? begun + schedule.Duration : null);
            next = Earlier(next, cron.GetNextOccurrence(now.UtcDateTime, zone));
        }

        return next is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
    }

    private static DateTime? Earlier(DateTime? one, DateTime? other) => one is null || other < one ? other ?? one : one;
}
