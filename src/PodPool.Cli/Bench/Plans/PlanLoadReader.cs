using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Reads a load of a stage.</summary>
/// <param name="functions">What can be called.</param>
/// <param name="duration">Of the stage; null: it has none.</param>
internal sealed class PlanLoadReader(IReadOnlyDictionary<string, PlanFunction> functions, TimeSpan? duration)
{
    private static readonly IReadOnlyDictionary<string, PlanArrivalKind> Kinds = new Dictionary<string, PlanArrivalKind>
    {
        ["poisson"] = PlanArrivalKind.Poisson,
        ["constant"] = PlanArrivalKind.Constant,
        ["burst"] = PlanArrivalKind.Burst,
        ["one-at-a-time"] = PlanArrivalKind.OneAtATime,
    };

    public PlanLoad Read(string name, YamlMap map)
    {
        var arrivals = Arrivals(map);
        var mix = Mix(map);
        var cold = map.Flag("cold") ?? arrivals.Kind == PlanArrivalKind.OneAtATime;
        foreach (var function in mix.Keys)
        {
            if (cold && functions.TryGetValue(function, out var called) && called is { IsDeployed: false, ForceCold: null })
            {
                map.Error("calls", $"'{function}' has a url, and no forceCold that makes it cold");
            }
        }

        var load = new PlanLoad(name, arrivals, mix, cold, map.Whole("warmup", 0, 1_000_000) ?? 0);
        Check(map, load);
        map.RefuseOthers();
        return load;
    }

    private static PlanArrivals Arrivals(YamlMap map)
    {
        if (map.Text("arrivals") is not { } text || !Kinds.TryGetValue(text, out var kind))
        {
            map.Error("arrivals", $"it must be one of {string.Join(", ", Kinds.Keys)}");
            foreach (var field in (string[])["rate", "size", "every", "count", "begin"])
            {
                map.Find(field);
            }

            return new(PlanArrivalKind.Burst, Size: 1);
        }

        T? Only<T>(string field, bool needed, Func<T?> read, params ReadOnlySpan<PlanArrivalKind> kinds)
        {
            var value = read();
            if (!kinds.Contains(kind))
            {
                if (map.Has(field))
                {
                    map.Error(field, $"arrivals '{text}' have none");
                }

                return default;
            }

            if (needed && !map.Has(field))
            {
                map.Error(field, $"it is missing: arrivals '{text}' need it");
            }

            return value;
        }

        var rate = Only("rate", true, () => map.Number("rate", 0.001, 100_000), PlanArrivalKind.Poisson, PlanArrivalKind.Constant);
        var size = Only("size", true, () => map.Whole("size", 1, 100_000), PlanArrivalKind.Burst);
        var every = Only("every", false, () => map.Duration("every"), PlanArrivalKind.Burst);
        var count = Only("count", true, () => map.Whole("count", 1, 1_000_000), PlanArrivalKind.OneAtATime);
        var begin = Only("begin", false, () => map.Duration("begin"), PlanArrivalKind.Poisson, PlanArrivalKind.Constant, PlanArrivalKind.Burst);
        if (every <= TimeSpan.Zero)
        {
            map.Error("every", "it must be more than nothing");
            every = null;
        }

        return new(kind, rate ?? 1, size ?? 1, every, count ?? 1, begin ?? TimeSpan.Zero);
    }

    private Dictionary<string, double> Mix(YamlMap map)
    {
        Dictionary<string, double> mix = new(StringComparer.Ordinal);
        switch (map.Find("calls"))
        {
            case null:
                map.Error("calls", "it is missing: a function's name, or a map of names and shares");
                break;
            case YamlScalarNode { Value: { } one }:
                mix.Add(one, 1);
                break;
            default:
                var shares = map.Map("calls")!;
                foreach (var name in shares.Names)
                {
                    mix.Add(name, shares.Number(name, 0.001, 1_000_000) ?? 1);
                }

                break;
        }

        foreach (var name in mix.Keys.Where(name => !functions.ContainsKey(name)))
        {
            map.Error("calls", $"there is no function '{name}'{(functions.Count == 0 ? "" : $"; there are {string.Join(", ", functions.Keys)}")}");
        }

        return mix;
    }

    private void Check(YamlMap map, PlanLoad load)
    {
        var arrivals = load.Arrivals;
        var lasts = arrivals.Kind is PlanArrivalKind.Poisson or PlanArrivalKind.Constant || arrivals.Every is not null;
        if (lasts && duration is null)
        {
            map.Error("arrivals", "they go on for the stage's duration, and that is missing");
            return;
        }

        if (lasts && arrivals.Begin >= duration)
        {
            map.Error("begin", "it is not before the stage's end");
        }

        var expected = LoadSchedule.Expected(arrivals, duration ?? TimeSpan.Zero);
        if (expected > LoadSchedule.MaxRequests)
        {
            map.Error(arrivals.Kind == PlanArrivalKind.Burst ? "size" : "rate", FormattableString.Invariant($"that makes {expected:0} requests; {LoadSchedule.MaxRequests} are the most"));
        }
    }
}
