using BenchmarkDotNet.Reports;
using PodPool.Benchmarks;

namespace PodPool.Loading.Benchmarks;

/// <summary>Writes the load matrix to <c>benchmarks/results</c>.</summary>
internal static class ResultRecord
{
    private const double NanosecondsPerMillisecond = 1_000_000;

    public static void Write(Provenance provenance, Summary summary)
    {
        var cells = summary.Reports.Select(report => Cell.Of(summary, report)).ToArray();
        provenance.Write(
            "load-matrix",
            "The ways of loading a function",
            """From "the files are on disk" to the first answer, in one process each; milliseconds. Ratio: of the medians, to the first row of the sample.""",
            ["sample", "code", "from", "context", "host", "n", "p50", "p90", "max", "ratio"],
            names: 5,
            cells.Select(cell => new[]
            {
                cell.Sample, cell.Code, cell.From, cell.Context, cell.Host, $"{cell.N}",
                Provenance.Show(cell.P50), Provenance.Show(cell.P90), Provenance.Show(cell.Max), cell.Ratio,
            }),
            cells);
    }

    /// <summary>One row. Times in milliseconds.</summary>
    private sealed record Cell(string Sample, string Code, string From, string Context, string Host, int N, double P50, double P90, double Max, string Ratio)
    {
        public static Cell Of(Summary summary, BenchmarkReport report)
        {
            var statistics = report.ResultStatistics!;
            return new Cell(
                Parameter(nameof(LoadMatrix.Sample)),
                Parameter(nameof(LoadMatrix.Code)),
                Parameter(nameof(LoadMatrix.From)),
                Parameter(nameof(LoadMatrix.Context)),
                Parameter(nameof(LoadMatrix.Host)),
                statistics.N,
                Milliseconds(statistics.Percentiles.P50),
                Milliseconds(statistics.Percentiles.P90),
                Milliseconds(statistics.Max),
                new RatioToPodColumn().GetValue(summary, report.BenchmarkCase));

            string Parameter(string name) => report.BenchmarkCase.Parameters[name].ToString()!;
        }

        private static double Milliseconds(double nanoseconds) => Math.Round(nanoseconds / NanosecondsPerMillisecond, 3);
    }
}
