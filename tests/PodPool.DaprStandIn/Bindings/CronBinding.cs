using Cronos;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Go;

namespace PodPool.DaprStandIn.Bindings;

/// <summary>bindings.cron: an event whenever its schedule says so.</summary>
/// <remarks>
/// dapr/components-contrib bindings/cron/cron.go: five fields or six with seconds, "@every 1s", "@daily" and its like. In UTC here, whatever the machine's own
/// time is.
/// </remarks>
internal sealed class CronBinding
{
    private readonly TimeProvider _clock;
    private readonly TimeSpan _every;
    private readonly CronExpression? _expression;

    /// <exception cref="FormatException">It has no schedule, or one that makes no sense.</exception>
    public CronBinding(Component component, TimeProvider clock)
    {
        const string Every = "@every ";
        Component = component;
        _clock = clock;
        var schedule = component["schedule"] ?? throw new FormatException("schedule not set");
        try
        {
            if (schedule.StartsWith(Every, StringComparison.Ordinal))
            {
                // Go's scheduler rounds down to seconds, and takes none for one.
                _every = TimeSpan.FromSeconds(Math.Max(1, Math.Floor(GoDuration.Parse(schedule[Every.Length..].Trim()).TotalSeconds)));
            }
            else
            {
                _expression = CronExpression.Parse(schedule, schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);
            }
        }
        catch (Exception exception) when (exception is CronFormatException or FormatException)
        {
            throw new FormatException($"invalid schedule format '{schedule}': {exception.Message}", exception);
        }
    }

    public Component Component { get; }

    /// <summary>The application's path for its events.</summary>
    public string Path => Component["route"] ?? Component.Name;

    /// <summary>Calls at every time of the schedule, whether the last call has ended or not.</summary>
    public async Task RunAsync(Func<IReadOnlyDictionary<string, string>, Task> fire, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var now = _clock.GetUtcNow();
            var next = _expression is null ? now + _every : _expression.GetNextOccurrence(now.UtcDateTime) is { } time ? new DateTimeOffset(time) : DateTimeOffset.MaxValue;
            if (next == DateTimeOffset.MaxValue)
            {
                return;
            }

            await Task.Delay(next - now, _clock, cancellationToken);
            _ = fire(new Dictionary<string, string>
            {
                ["timeZone"] = "UTC",
                ["readTimeUTC"] = _clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'", System.Globalization.CultureInfo.InvariantCulture),
            });
        }
    }
}
