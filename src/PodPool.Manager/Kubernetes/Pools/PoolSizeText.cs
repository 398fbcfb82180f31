using System.Globalization;
using System.Text;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>A candidate as <c>spec.size</c> of a RuntimePool, and as YAML of one.</summary>
internal static class PoolSizeText
{
    /// <summary>Its size; what others keep for named functions stays theirs.</summary>
    public static RuntimePoolSize SizeOf(Candidate candidate) => SizeOf(candidate.Settings.Pool);

    /// <summary>The size of a pool, without what it keeps for named functions.</summary>
    public static RuntimePoolSize SizeOf(PoolSpec pool) => new()
    {
        Warm = pool.Warm,
        Max = Limit(pool.Max),
        Auto = pool.Auto is { } auto ? new() { MissProbability = auto.MissProbability, Min = auto.Min, Max = Limit(auto.Max) } : null,
        Schedules = [.. pool.Schedules.Select(schedule => new RuntimePoolSchedule { Cron = schedule.Cron, Duration = DurationText.Format(schedule.Duration), Warm = schedule.Warm, TimeZone = schedule.TimeZone })],
    };

    /// <summary>A patch of a RuntimePool.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="namespace">Its namespace; null: left open.</param>
    /// <param name="candidate">What it shall be.</param>
    /// <param name="before">What its size is: what of that the candidate has not is said to be gone, for a merge would leave it. Null: not known.</param>
    public static string Yaml(string name, string? @namespace, Candidate candidate, RuntimePoolSize? before = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"apiVersion: {CustomResources.ApiVersion}\nkind: {RuntimePoolResource.KubeKind}\nmetadata:\n  name: {name}\n");
        if (@namespace is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"  namespace: {@namespace}\n");
        }

        text.Append("spec:\n  size:\n");
        var size = SizeOf(candidate);
        foreach (var line in Lines(size).Concat(GoneOf(size, before)))
        {
            text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> GoneOf(RuntimePoolSize size, RuntimePoolSize? before)
    {
        if (size.Auto is null && before?.Auto is not null)
        {
            yield return "auto: null";
        }

        if (size.Schedules.Count == 0 && before?.Schedules.Count > 0)
        {
            yield return "schedules: []";
        }
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
