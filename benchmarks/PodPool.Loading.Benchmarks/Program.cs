using System.CommandLine;
using BenchmarkDotNet.Running;
using PodPool.Benchmarks;
using PodPool.Loading.Benchmarks;

// The functions are published once, here; the benchmark's processes find them through a variable.
var launches = new Option<int>("--launches") { Description = "Processes, and so measurements, for each cell of the matrix", DefaultValueFactory = _ => 25 };
var record = new Option<bool>("--record") { Description = "Write the result to benchmarks/results" };
var command = new RootCommand("Measures the ways of loading a function. Options that are not listed here go to BenchmarkDotNet.")
{
    launches, record,
};
command.TreatUnmatchedTokensAsErrors = false;
command.SetAction(arguments =>
{
    var provenance = Provenance.Read("PodPool.Loading.Benchmarks", args);
    var packages = new SamplePackages(Directory.CreateTempSubdirectory("podpool-load-matrix-").FullName);
    try
    {
        packages.Publish(Provenance.RepositoryFolder());
        var summary = BenchmarkRunner.Run<LoadMatrix>(new LoadMatrixConfig(packages, arguments.GetValue(launches)), [.. arguments.UnmatchedTokens]);
        if (summary.Reports.Length == 0 || summary.Reports.Any(report => !report.Success))
        {
            return 1;
        }

        if (arguments.GetValue(record))
        {
            ResultRecord.Write(provenance, summary);
        }

        return 0;
    }
    finally
    {
        Directory.Delete(packages.Folder, recursive: true);
    }
});
return command.Parse(args).Invoke();
