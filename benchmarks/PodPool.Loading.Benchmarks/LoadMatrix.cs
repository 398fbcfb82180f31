using BenchmarkDotNet.Attributes;

namespace PodPool.Loading.Benchmarks;

/// <summary>How a package's code was compiled.</summary>
public enum CodeKind
{
    ReadyToRun,
    IL,
}

/// <summary>What an assembly is loaded from.</summary>
public enum LoadSource
{
    Path,
    Stream,
}

/// <summary>Whether the load context can be unloaded.</summary>
public enum ContextKind
{
    Permanent,
    Collectible,
}

/// <summary>Whether the host had run another function before.</summary>
public enum HostState
{
    Rehearsed,
    Fresh,
}

/// <summary>
/// The time from "the files are on disk" to the function's first answer, for every way of loading. Loading happens once in a
/// process, so each measurement is a process of its own: <see cref="LoadMatrixConfig"/>.
/// </summary>
public class LoadMatrix
{
    private readonly SamplePackages _packages = SamplePackages.FromEnvironment();
    private InProcessHost _host = null!;
    private string _assembly = "";

    [Params("Hello", "Methods400")]
    public string Sample { get; set; } = "";

    [ParamsAllValues]
    public CodeKind Code { get; set; }

    [ParamsAllValues]
    public LoadSource From { get; set; }

    [ParamsAllValues]
    public ContextKind Context { get; set; }

    [ParamsAllValues]
    public HostState Host { get; set; }

    [GlobalSetup]
    public void PutFilesOnDisk()
    {
        _host = new InProcessHost(From, Context);
        _assembly = _packages.Unpack(Sample, Code);
        if (Host is HostState.Rehearsed)
        {
            // Other files and another context, so that the measured function finds nothing of itself.
            var rehearsal = _packages.Unpack(InProcessHost.RehearsalSample, Code);
            _host.Rehearse(rehearsal);
        }
    }

    [Benchmark]
    public int LoadAndAnswer() => _host.LoadAndAnswer(_assembly);

    [GlobalCleanup]
    public void RemoveFiles() => _packages.RemoveUnpacked();
}
