namespace PodPool.Core;

/// <summary>A time at which a pool has so many warm pods at least. Of several at one time the largest counts.</summary>
/// <param name="Cron">When it begins: five fields (minute, hour, day of month, month, day of week), as cron has them.</param>
/// <param name="Duration">How long it lasts, as time goes by: over a change of the clocks eight hours are eight hours.</param>
/// <param name="Warm">Warm pods at least. At least 0.</param>
/// <param name="TimeZone">
/// An IANA name (<c>Europe/Berlin</c>): what <paramref name="Cron"/>'s hours are of. A beginning in the hour that the clocks leave out comes when they have
/// been put forward; one in the hour that comes twice is there once, unless it repeats every hour.
/// </param>
public sealed record SizeSchedule(string Cron, TimeSpan Duration, int Warm, string TimeZone = "UTC");
