using System.Globalization;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;

namespace Dependencies;

/// <summary>What is asked.</summary>
/// <param name="Zone">An IANA time zone.</param>
/// <param name="From">The first day, in that zone.</param>
/// <param name="Days">How far ahead.</param>
internal sealed record AgendaQuery(DateTimeZone Zone, LocalDate From, int Days)
{
    private const int MaxDays = 366;

    /// <summary>Reads a request's query, or says what is wrong with it.</summary>
    public static AgendaQuery? Read(IQueryCollection query, out string problem)
    {
        var name = query["zone"].FirstOrDefault() ?? "Europe/Amsterdam";
        var zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(name);
        var date = query["from"].FirstOrDefault() ?? "2026-01-01";
        var from = LocalDatePattern.Iso.Parse(date);
        var days = 14;
        var isNumber = query["days"].FirstOrDefault() is not { } text || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days);
        problem = zone is null ? $"zone: '{name}' is no time zone of the IANA database, such as Europe/Amsterdam."
            : !from.Success ? $"from: '{date}' is no date, such as 2026-01-01."
            : !isNumber || days is < 1 or > MaxDays ? $"days: write a number from 1 to {MaxDays}."
            : "";
        return zone is null || problem.Length > 0 ? null : new AgendaQuery(zone, from.Value, days);
    }
}

/// <summary>What is answered.</summary>
internal sealed record Agenda(string Zone, IReadOnlyList<Entry> Events);

/// <param name="Starts">Local, with the zone's offset on that day.</param>
/// <param name="When">In words, seen from the first day asked for.</param>
/// <param name="Lasts">In words.</param>
/// <param name="Notes">HTML.</param>
internal sealed record Entry(string Title, string Starts, string When, string Lasts, string Notes);
