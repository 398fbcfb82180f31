using System.CommandLine;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Bench.Compare;

/// <summary><c>podpool bench compare</c>: whether it has become slower.</summary>
internal sealed class CompareCommand : Verb
{
    private static readonly Argument<string> Before = new("BEFORE") { Description = "a report that `podpool bench --results` wrote, or a folder of several runs of the same" };

    private static readonly Argument<string> After = new("AFTER") { Description = "another" };

    private static readonly Option<double> MinEffect = new Option<double>("--min-effect")
    {
        Description = "the least difference that counts, in per cent",
        HelpName = "PERCENT",
        DefaultValueFactory = _ => 10,
    }.Within(0, 1000);

    private static readonly Option<double> Alpha = new Option<double>("--alpha")
    {
        Description = "how likely it may find a difference, among all it compares, where none is",
        HelpName = "A",
        DefaultValueFactory = _ => 0.01,
    }.Within(0.0001, 0.5);

    public CompareCommand()
        : base("compare", "Compare two reports. Ends with 1 if something has become worse by more than noise, with 0 if not.")
    {
        Add(Before);
        Add(After);
        Add(MinEffect);
        Add(Alpha);
    }

    private protected override Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var comparison = Comparison.Of(
            SavedReports.Read(context.Require(Before)),
            SavedReports.Read(context.Require(After)),
            new(context.Get(MinEffect) / 100, context.Get(Alpha)));
        if (comparison.Runs.Count == 0)
        {
            throw CliException.Usage(
                $"the two have nothing in common to compare: one has {string.Join(", ", comparison.OnlyBefore)}; the other {string.Join(", ", comparison.OnlyAfter)}");
        }

        context.Output.Result(comparison, console => CompareTable.Render(console, comparison));
        if (comparison.Runs.All(run => run.Verdict == Verdict.Unknown))
        {
            // Not a pass: nobody has looked.
            context.Output.Fail(CliException.Usage("nothing could be judged: one of the two has no latencies, only percentiles", "measure it again with this version"));
            return Task.FromResult(ExitCode.Usage);
        }

        return Task.FromResult(comparison.IsWorse ? ExitCode.Failed : ExitCode.Ok);
    }
}
