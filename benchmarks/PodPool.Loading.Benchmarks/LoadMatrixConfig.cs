using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Validators;
using Perfolizer.Mathematics.OutlierDetection;

namespace PodPool.Loading.Benchmarks;

/// <summary>
/// One measurement a process, as many processes as asked: a second call in the same process would measure nothing of loading.
/// No outlier is thrown away: a slow first request is what a caller got.
/// </summary>
internal sealed class LoadMatrixConfig : ManualConfig
{
    public LoadMatrixConfig(SamplePackages packages, int launches)
    {
        AddJob(Job.Default
            .WithStrategy(RunStrategy.ColdStart)
            .WithLaunchCount(launches)
            .WithWarmupCount(0)
            .WithIterationCount(1)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithOutlierMode(OutlierMode.DontRemove)
            // As in a pod.
            .WithGcServer(false)
            .WithGcConcurrent(false)
            .WithEnvironmentVariable(SamplePackages.Variable, packages.Folder));
        AddColumnProvider(DefaultColumnProviders.Params);
        AddColumn(StatisticColumn.Iterations, StatisticColumn.P50, StatisticColumn.P90, StatisticColumn.Min, StatisticColumn.Max, new RatioToPodColumn());
        AddExporter(MarkdownExporter.GitHub, JsonExporter.Full);
        AddLogger(ConsoleLogger.Default);
        AddValidator(JitOptimizationsValidator.FailOnError);
        Orderer = new BenchmarkDotNet.Order.DefaultOrderer(BenchmarkDotNet.Order.SummaryOrderPolicy.Declared);
    }
}
