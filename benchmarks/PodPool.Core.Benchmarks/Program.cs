using BenchmarkDotNet.Running;
using PodPool.Benchmarks;
using PodPool.Core.Benchmarks;

// "record": the claim decision at every pool size, written to benchmarks/results. Anything else goes to BenchmarkDotNet.
if (args is not ["record"])
{
    BenchmarkSwitcher.FromAssembly(typeof(ClaimDecision).Assembly).Run(args);
    return 0;
}

var provenance = Provenance.Read("PodPool.Core.Benchmarks", args);
var summary = BenchmarkRunner.Run<ClaimDecision>();
var rows = summary.Reports.Where(report => report.Success).Select(report => new
{
    Pods = (int)report.BenchmarkCase.Parameters[nameof(ClaimDecision.Pods)],
    report.ResultStatistics!.N,
    MedianNanoseconds = Math.Round(report.ResultStatistics.Median),
    P95Nanoseconds = Math.Round(report.ResultStatistics.Percentiles.P95),
    AllocatedBytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase),
}).ToArray();
if (rows.Length != summary.BenchmarksCases.Length)
{
    return 1;
}

provenance.Write(
    "claim-decision",
    "The claim decision",
    "From an acquire until a pod is chosen, taken, ordered to specialize, and its replacement ordered; by warm pods on ten nodes. One decision, of eight in a row.",
    ["warm pods", "n", "p50 ns", "p95 ns", "bytes allocated"],
    names: 0,
    rows.Select(row => new[]
    {
        $"{row.Pods}", $"{row.N}", Provenance.Show(row.MedianNanoseconds, "0"), Provenance.Show(row.P95Nanoseconds, "0"), $"{row.AllocatedBytes}",
    }),
    rows);
return 0;
