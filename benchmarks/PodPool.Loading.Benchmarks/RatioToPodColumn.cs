using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace PodPool.Loading.Benchmarks;

/// <summary>
/// How many times slower than what pods do (ReadyToRun, by path, permanent context, rehearsed host), the same sample, medians.
/// BenchmarkDotNet's own ratio compares methods and jobs, and these are parameters.
/// </summary>
internal sealed class RatioToPodColumn : IColumn
{
    public string Id => nameof(RatioToPodColumn);

    public string ColumnName => "Ratio";

    public string Legend => "P50 divided by that of ReadyToRun, Path, Permanent, Rehearsed";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        var pod = summary.BenchmarksCases.FirstOrDefault(other => IsAsInPod(other) && Is(other, nameof(LoadMatrix.Sample), ValueOf(benchmarkCase, nameof(LoadMatrix.Sample))));
        return MedianOf(summary, pod) is { } baseline && MedianOf(summary, benchmarkCase) is { } median
            ? (median / baseline).ToString("0.0", CultureInfo.InvariantCulture)
            : "?";
    }

    private static bool IsAsInPod(BenchmarkCase candidate)
        => Is(candidate, nameof(LoadMatrix.Code), CodeKind.ReadyToRun)
            && Is(candidate, nameof(LoadMatrix.From), LoadSource.Path)
            && Is(candidate, nameof(LoadMatrix.Context), ContextKind.Permanent)
            && Is(candidate, nameof(LoadMatrix.Host), HostState.Rehearsed);

    private static bool Is(BenchmarkCase candidate, string parameter, object value) => ValueOf(candidate, parameter).Equals(value);

    private static object ValueOf(BenchmarkCase candidate, string parameter) => candidate.Parameters[parameter];

    private static double? MedianOf(Summary summary, BenchmarkCase? candidate)
        => candidate is null ? null : summary[candidate]?.ResultStatistics?.Percentiles.P50;
}
