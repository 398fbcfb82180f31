using System.Text.RegularExpressions;
using PodPool.Cli.CommandLine;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Reads a scenario: see <see cref="BenchPlan"/>, and src/PodPool.Cli/README.md for the form.</summary>
internal sealed partial class PlanFile
{
    private const string Remedy = "`podpool bench --show NAME` prints a scenario to begin with; src/PodPool.Cli/README.md has every field";

    private readonly FileErrors _errors;
    private readonly string _folder;
    private readonly Dictionary<string, PlanFunction> _functions = new(StringComparer.Ordinal);

    private PlanFile(FileErrors errors, string folder) => (_errors, _folder) = (errors, folder);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CliException">It cannot be read, or something is wrong with it: all of that, with lines and fields.</exception>
    public static BenchPlan Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"the scenario '{path}' cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="name">For messages; without its extension the scenario's name, if it does not say one.</param>
    /// <param name="folder">What paths in it are relative to.</param>
    /// <exception cref="CliException">Something is wrong with it.</exception>
    public static BenchPlan Parse(string text, string name, string folder)
    {
        var errors = new FileErrors(name);
        BenchPlan? plan = null;
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents.Count == 1)
            {
                plan = new PlanFile(errors, folder).Plan(new(yaml.Documents[0].RootNode, "", errors));
            }
            else
            {
                errors.Add(1, "", $"it must hold one YAML document, and holds {yaml.Documents.Count}");
            }
        }
        catch (YamlException exception)
        {
            errors.Add(exception.Start.Line, "", $"no YAML: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's own answer to some brackets that are not closed.
            errors.Add(LastLineOf(text), "", "no YAML: up to here something is not closed, or not as it should be");
        }

        return errors.Any ? throw CliException.Usage(errors.Text, Remedy) : plan!;
    }

    /// <summary>Up to where a text can be read as YAML.</summary>
    private static long LastLineOf(string text)
    {
        var scanner = new Scanner(new StringReader(text));
        try
        {
            while (scanner.MoveNext())
            {
                // Only how far it gets matters.
            }
        }
        catch (InvalidOperationException)
        {
            // There.
        }

        return scanner.CurrentPosition.Line;
    }

    private BenchPlan Plan(YamlMap map)
    {
        var name = map.Text("name") ?? Path.GetFileNameWithoutExtension(_errors.File);
        if (!Label().IsMatch(name))
        {
            map.Error("name", $"'{name}' must be lower-case letters, digits and hyphens, and begin with a letter");
        }

        Functions(map);
        var plan = new BenchPlan(name, [.. _functions.Values], Stages(map), map.Whole("rounds", 1, 100_000) ?? 1, Pool(map), []);
        plan = plan with { Assertions = Assertions(map, plan) };
        map.RefuseOthers();
        return plan;
    }

    private static PoolBounds Pool(YamlMap map)
    {
        if (map.Map("pool") is not { } pool)
        {
            return PoolBounds.Any;
        }

        var bounds = new PoolBounds(pool.Whole("atLeast", 0, 10_000) ?? 0, pool.Whole("atMost", 0, 10_000) ?? int.MaxValue);
        if (bounds.AtLeast > bounds.AtMost)
        {
            pool.Error("atMost", "it is less than atLeast");
        }

        pool.RefuseOthers();
        return bounds;
    }

    private void Functions(YamlMap map)
    {
        if (map.Map("functions") is not { } functions)
        {
            map.Error("functions", "it is missing: what is called?");
            return;
        }

        foreach (var name in functions.Names)
        {
            if (!Label().IsMatch(name))
            {
                functions.Error(name, "a function's name must be lower-case letters, digits and hyphens, 40 at most, and begin with a letter");
            }

            _functions.Add(name, Function(name, functions.Map(name)!));
        }
    }

    private PlanFunction Function(string name, YamlMap map)
    {
        var (sample, source, urls) = (map.Text("sample"), map.Text("source"), map.Texts("url"));
        if (new object?[] { sample, source, urls }.Count(way => way is not null) != 1)
        {
            map.Error(sample is null ? "source" : "sample", "one of sample, source and url says what is called");
        }

        var request = new BenchScenario(name, source is null ? "" : Path.GetFullPath(source, _folder));
        if (sample is not null && PlanSamples.Find(sample) is { } found)
        {
            request = found with { Name = name };
        }
        else if (sample is not null)
        {
            map.Error("sample", PlanSamples.Names.Contains(sample)
                ? $"'{sample}' is in PodPool's source tree, and this program does not run from one"
                : $"there is no sample '{sample}'; there are {string.Join(", ", PlanSamples.Names)}");
        }
        else if (source is not null && !Path.Exists(request.Source))
        {
            map.Error("source", $"there is no '{request.Source}'");
        }

        List<Uri> addresses = [];
        foreach (var url in urls ?? [])
        {
            if (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                addresses.Add(address);
            }
            else
            {
                map.Error("url", $"it is '{url}'; it must be http://… or https://…");
            }
        }

        request = request with
        {
            EntryPoint = map.Text("entryPoint") ?? request.EntryPoint,
            Path = map.Text("path") ?? request.Path,
            Body = map.Text("body"),
            Concurrency = map.Whole("concurrency", 1, 10_000) ?? 0,
        };
        var function = new PlanFunction(name, request, map.Whole("copies", 1, 1000) ?? 1, addresses, map.Text("forceCold"));
        foreach (var field in (string[])["entryPoint", "concurrency", "copies"])
        {
            if (urls is not null && map.Has(field))
            {
                map.Error(field, "what has a url is there already: nothing is deployed");
            }
        }

        if (urls is null && function.ForceCold is not null)
        {
            map.Error("forceCold", "it goes with a url; what is deployed is made cold by the manager");
        }

        map.RefuseOthers();
        return function;
    }

    private List<PlanStage> Stages(YamlMap map)
    {
        if (map.Find("stages") is not { } stages)
        {
            // A scenario of one stage need not name it.
            return [Stage(map, "all")];
        }

        foreach (var field in (string[])["loads", "duration", "fresh", "updates"])
        {
            if (map.Find(field) is not null)
            {
                map.Error(field, "it belongs to a stage, as there are stages");
            }
        }

        if (stages is not YamlSequenceNode { Children.Count: > 0 } list)
        {
            map.Error("stages", "a list is wanted, with one stage at least");
            return [];
        }

        List<PlanStage> found = [];
        for (var index = 0; index < list.Children.Count; index++)
        {
            var stage = new YamlMap(list.Children[index], $"stages[{index}]", _errors);
            var name = stage.Text("name") ?? $"stage-{index + 1}";
            if (!Word().IsMatch(name) || found.Exists(other => other.Name == name))
            {
                stage.Error("name", $"'{name}' must be letters, digits and hyphens, and no other stage's name");
            }

            found.Add(Stage(stage, name));
            stage.RefuseOthers();
        }

        return found;
    }

    private PlanStage Stage(YamlMap map, string name)
    {
        var duration = map.Duration("duration");
        Dictionary<string, TimeSpan> updates = new(StringComparer.Ordinal);
        if (map.Map("updates") is { } updated)
        {
            foreach (var function in updated.Names)
            {
                CheckUpdated(updated, function);
                if (updated.Duration(function) is { } every)
                {
                    updates.Add(function, every);
                    if (every <= TimeSpan.Zero)
                    {
                        updated.Error(function, "it must be more than nothing");
                    }
                }
            }
        }

        List<PlanLoad> loads = [];
        if (map.Map("loads") is { } named)
        {
            foreach (var load in named.Names)
            {
                if (!Word().IsMatch(load))
                {
                    named.Error(load, "a load's name must be letters, digits and hyphens");
                }

                loads.Add(new PlanLoadReader(_functions, duration).Read(load, named.Map(load)!));
            }
        }

        if (loads.Count == 0)
        {
            map.Error("loads", "it is missing: who calls?");
        }

        if (loads.Exists(load => load.Arrivals.Kind == PlanArrivalKind.OneAtATime) && (loads.Count > 1 || updates.Count > 0))
        {
            map.Error("loads", "requests one-at-a-time wait until everything is quiet: nothing else may be in their stage");
        }

        foreach (var load in loads.Where(load => load.Cold && loads.Exists(other => other != load && other.Mix.Keys.Intersect(load.Mix.Keys).Any())))
        {
            map.Error("loads", $"'{load.Name}' wants functions that are cold, and another load of its stage calls them too");
        }

        if (updates.Count > 0 && duration is null)
        {
            map.Error("duration", "it is missing: updates go on for it");
        }

        return new(name, duration ?? TimeSpan.Zero, map.Flag("fresh") ?? true, loads, updates);
    }

    private void CheckUpdated(YamlMap updated, string function)
    {
        if (!_functions.TryGetValue(function, out var found))
        {
            updated.Error(function, "there is no such function");
        }
        else if (!found.IsDeployed)
        {
            updated.Error(function, "what has a url is not deployed, and cannot be updated");
        }
    }

    private List<PlanAssertion> Assertions(YamlMap map, BenchPlan plan)
    {
        List<PlanAssertion> assertions = [];
        if (map.Find("assertions") is not { } node)
        {
            return assertions;
        }

        if (node is not YamlSequenceNode list)
        {
            map.Error("assertions", "a list is wanted");
            return assertions;
        }

        HashSet<string> modes = [.. plan.Loads.Select(one => plan.ModeOf(one.Stage, one.Load))];
        for (var index = 0; index < list.Children.Count; index++)
        {
            var (line, text) = (list.Children[index], (list.Children[index] as YamlScalarNode)?.Value ?? "");
            if (PlanAssertion.Parse(text) is not { } assertion)
            {
                _errors.Add(line, $"assertions[{index}]", $"'{text}' must be LOAD.FIGURE <= NUMBER, or LOAD.FIGURE / LOAD.FIGURE <= NUMBER (or >=)");
                continue;
            }

            foreach (var figure in new[] { assertion.Of, assertion.Per }.OfType<FigureName>())
            {
                if (!modes.Contains(figure.Mode))
                {
                    _errors.Add(line, $"assertions[{index}]", $"there is no load '{figure.Mode}'; there are {string.Join(", ", modes)}");
                }

                if (!Figures.Names.Contains(figure.Figure))
                {
                    _errors.Add(line, $"assertions[{index}]", $"there is no figure '{figure.Figure}'; there are {string.Join(", ", Figures.Names)}");
                }
            }

            assertions.Add(assertion);
        }

        return assertions;
    }

    [GeneratedRegex("^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
    private static partial Regex Label();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")]
    private static partial Regex Word();
}
