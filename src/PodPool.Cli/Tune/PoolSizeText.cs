using System.Globalization;
using System.Text;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>A candidate as <c>spec.size</c> of a RuntimePool, and as YAML of one.</summary>
internal static class PoolSizeText
{
    /// <summary>Its size; what others keep for named functions stays theirs.</summary>
    public static RuntimePoolSize SizeOf(Candidate candidate)
    {
        var pool = candidate.Settings.Pool;
        return new()
        {
            Warm = pool.Warm,
            Max = Limit(pool.Max),
            Auto = pool.Auto is { } auto ? new() { MissProbability = auto.MissProbability, Min = auto.Min, Max = Limit(auto.Max) } : null,
            Schedules = [.. pool.Schedules.Select(schedule => new RuntimePoolSchedule { Cron = schedule.Cron, Duration = DurationText.Format(schedule.Duration), Warm = schedule.Warm, TimeZone = schedule.TimeZone })],
        };
    }

    /// <summary>A patch of a RuntimePool.</summary>
    public static string Yaml(string name, string? @namespace, Candidate candidate)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"apiVersion: {CustomResources.ApiVersion}\nkind: {RuntimePoolResource.KubeKind}\nmetadata:\n  name: {name}\n");
        if (@namespace is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  namespace: {@namespace}\n");
        }

        text.Append("spec:\n  size:\n");
        foreach (var line in Lines(SizeOf(candidate)))
        {
            text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The lines below <c>size:</c>; a maximum of 0 is none, and is left out.</summary>
    public static IEnumerable<string> Lines(RuntimePoolSize size)
    {
        yield return Text($"warm: {size.Warm}");
        if (size.Max > 0)
        {
            yield return Text($"max: {size.Max}");
        }

        if (size.Auto is { } auto)
        {
            yield return Text($"auto: {{missProbability: {auto.MissProbability}, min: {auto.Min}{(auto.Max > 0 ? Text($", max: {auto.Max}") : "")}}}");
        }

        if (size.Schedules.Count > 0)
        {
            yield return "schedules:";
            foreach (var schedule in size.Schedules)
            {
                yield return Text($"- {{cron: \"{schedule.Cron}\", duration: {schedule.Duration}, warm: {schedule.Warm}, timeZone: {schedule.TimeZone}}}");
            }
        }
    }

    private static int Limit(int max) => max == int.MaxValue ? 0 : max;

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
