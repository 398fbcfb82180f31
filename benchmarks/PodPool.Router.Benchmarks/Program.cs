using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using PodPool.Benchmarks;
using PodPool.Router.Benchmarks;

// Servers for a load generator outside (wrk): all of one build, so that one run compares them.
switch (args)
{
    case ["pod", .. var rest]:
        await Servers.RunAsync(Servers.Pod(Servers.Value(rest, "--listen")));
        return;
    case ["bare-yarp", .. var rest]:
        await Servers.RunAsync(Servers.BareYarp(Servers.Value(rest, "--listen"), Servers.Value(rest, "--to"), Servers.Value(rest, "--transforms", Servers.DefaultTransforms)));
        return;
    case ["router", .. var rest]:
        await using (var standIn = await Servers.RouterAsync(Servers.Value(rest, "--listen"), Servers.Value(rest, "--to")))
        {
            await standIn.WaitAsync();
        }

        return;
    case ["compare"]:
        await LoadComparison.RunAsync(Provenance.Read("PodPool.Router.Benchmarks", args));
        return;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Servers).Assembly).Run(
            args, DefaultConfig.Instance.AddJob(Job.Default.WithGcServer(true)).AddDiagnoser(MemoryDiagnoser.Default));
        return;
}
