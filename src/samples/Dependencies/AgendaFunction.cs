using System.Globalization;
using Dependencies.Store;
using Humanizer;
using Markdig;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;
using PodPool.Functions;

namespace Dependencies;

/// <summary>
/// What is on in the coming days. It stands for functions that bring much along: SQLite (with its native library), NodaTime,
/// Markdig and Humanizer, and every request uses each of them.
/// </summary>
/// <example>
/// <code>
/// podpool deploy src/samples/Dependencies --name agenda
/// curl 'http://127.0.0.1:8080/default/agenda?zone=Europe/Amsterdam&amp;from=2026-01-01&amp;days=14'
/// </code>
/// </example>
public sealed class AgendaFunction : IHttpFunction, IDisposable
{
    private readonly EventStore _store = new();

    public async Task HandleAsync(HttpContext context)
    {
        if (AgendaQuery.Read(context.Request.Query, out var problem) is not { } query)
        {
            await TypedResults.Problem(problem, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
            return;
        }

        await context.Response.WriteAsJsonAsync(AgendaOf(query), AgendaJson.Default.Agenda, cancellationToken: context.RequestAborted);
    }

    public void Dispose() => _store.Dispose();

    private Agenda AgendaOf(AgendaQuery query)
    {
        var from = query.Zone.AtStartOfDay(query.From).ToInstant();
        var to = query.Zone.AtStartOfDay(query.From.PlusDays(query.Days)).ToInstant();
        return new Agenda(query.Zone.Id, [.. _store.Between(new Interval(from, to)).Select(found => EntryOf(found, from, query.Zone))]);
    }

    private static Entry EntryOf(StoredEvent found, Instant from, DateTimeZone zone) => new(
        found.Title,
        OffsetDateTimePattern.Rfc3339.Format(found.Starts.InZone(zone).ToOffsetDateTime()),
        found.Starts.ToDateTimeUtc().Humanize(utcDate: true, dateToCompareAgainst: from.ToDateTimeUtc(), culture: CultureInfo.InvariantCulture),
        found.Lasts.ToTimeSpan().Humanize(precision: 2, culture: CultureInfo.InvariantCulture),
        Markdown.ToHtml(found.Notes));
}
