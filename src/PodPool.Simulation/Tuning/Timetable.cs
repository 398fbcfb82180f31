using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>Warm pods by the hour of the day.</summary>
/// <param name="Otherwise">When nothing is scheduled.</param>
/// <param name="Schedules">Hours of more, in UTC; hours in a row that want the same are one.</param>
public sealed record Timetable(int Otherwise, IReadOnlyList<SizeSchedule> Schedules)
{
    private const int Hours = 24;

    /// <summary>As many as a pool that sizes itself came to want in each hour; of an hour that nobody saw (not a number), as many as in the busiest.</summary>
    public static Timetable Of(IReadOnlyList<double> targetByHour)
    {
        var most = targetByHour.Where(target => !double.IsNaN(target)).DefaultIfEmpty(0).Max();
        var warm = targetByHour.Select(target => (int)Math.Ceiling((double.IsNaN(target) ? most : target) - 1e-9)).ToArray();
        var otherwise = warm.Min();
        List<SizeSchedule> schedules = [];

        // From an hour that begins something new, so that what goes on over midnight is one.
        var first = Enumerable.Range(0, Hours).FirstOrDefault(hour => warm[hour] != warm[(hour + Hours - 1) % Hours]);
        for (var done = 0; done < Hours;)
        {
            var from = (first + done) % Hours;
            var length = 1;
            while (done + length < Hours && warm[(from + length) % Hours] == warm[from])
            {
                length++;
            }

            if (warm[from] > otherwise)
            {
                schedules.Add(new(FormattableString.Invariant($"0 {from} * * *"), TimeSpan.FromHours(length), warm[from]));
            }

            done += length;
        }

        return new(otherwise, schedules);
    }
}
