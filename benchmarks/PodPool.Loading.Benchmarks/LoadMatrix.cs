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
    private MeasuredFunction _function = MeasuredFunction.Hello;
    private string _assembly = "";

    [Params(nameof(MeasuredFunction.Hello), nameof(MeasuredFunction.Methods400))]
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
        _function = MeasuredFunction.Named(Sample);
        _assembly = _packages.Unpack(_function, Code);
        if (Host is HostState.Rehearsed)
        {
            _host.Rehearse(_packages.Unpack(MeasuredFunction.Rehearsal, Code));
        }
    }

    [Benchmark]
    public int LoadAndAnswer() => _host.LoadAndAnswer(_assembly, _function.Type);

    [GlobalCleanup]
    public void RemoveFiles() => _packages.RemoveUnpacked();
}
