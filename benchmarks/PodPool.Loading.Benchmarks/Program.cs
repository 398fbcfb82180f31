using BenchmarkDotNet.Running;
using PodPool.Loading.Benchmarks;

// The samples are published once, here; the benchmarks' processes find them through a variable.
var launches = Environment.GetEnvironmentVariable("LOAD_MATRIX_LAUNCHES") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 25;
var packages = new SamplePackages(Directory.CreateTempSubdirectory("podpool-load-matrix-").FullName);
try
{
    packages.Publish(RepositoryFolder());
    var summary = BenchmarkRunner.Run<LoadMatrix>(new LoadMatrixConfig(packages, launches), args);
    return summary.Reports.Length > 0 && summary.Reports.All(report => report.Success) ? 0 : 1;
}
finally
{
    Directory.Delete(packages.Folder, recursive: true);
}

static string RepositoryFolder()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PodPool.sln")))
    {
        folder = folder.Parent;
    }

    return folder?.FullName ?? throw new InvalidOperationException("PodPool.sln is in no folder above this program: run it from a clone.");
}
