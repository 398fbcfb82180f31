using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Router.Benchmarks;

/// <summary>What goes over the wire on a first request, and what a router is told: written and read.</summary>
public class ContractBenchmarks
{
    private readonly AcquireRequest _acquire = new()
    {
        RouterId = Guid.NewGuid().ToString("N"),
        Load = new() { Function = new() { Namespace = "default", Name = "hello" }, Sequence = 12_345, Waiting = 1 },
    };

    private readonly AcquireResponse _answer = new()
    {
        Instance = new()
        {
            Id = "default-7f3a",
            Address = "unix:/run/podpool/default-7f3a/function.sock",
            Revision = "r-0123456789ab",
            Start = new() { Phases = new() { Claim = 50, Transfer = 900, Load = 700, Start = 200 } },
        },
    };

    private readonly RouteUpdate _snapshot = new() { Version = 1, Snapshot = true };
    private readonly Manifest _manifest = new() { Namespace = "default", Function = "hello", Revision = "r-0123456789ab", EntryPoint = "Hello::Hello.Function" };

    private byte[] _acquireBytes = [];
    private byte[] _answerBytes = [];
    private byte[] _snapshotBytes = [];
    private byte[] _manifestBytes = [];

    [GlobalSetup]
    public void Build()
    {
        for (var i = 0; i < 1000; i++)
        {
            _snapshot.Changed.Add(new FunctionRoute
            {
                Function = new() { Namespace = "default", Name = $"function-{i}" },
                Revision = "r-0123456789ab",
                Concurrency = 100,
                Pool = "default",
                Instances = { _answer.Instance, _answer.Instance },
            });
        }

        for (var i = 0; i < 100; i++)
        {
            _manifest.Files.Add(new PackageFile { Path = $"lib/Some.Assembly.{i}.dll", Size = i * 1000, Sha256 = ByteString.CopyFrom(new byte[32]) });
        }

        _acquireBytes = _acquire.ToByteArray();
        _answerBytes = _answer.ToByteArray();
        _snapshotBytes = _snapshot.ToByteArray();
        _manifestBytes = _manifest.ToByteArray();
    }

    [Benchmark]
    public byte[] WriteAcquire() => _acquire.ToByteArray();

    [Benchmark]
    public AcquireRequest ReadAcquire() => AcquireRequest.Parser.ParseFrom(_acquireBytes);

    [Benchmark]
    public byte[] WriteAnswer() => _answer.ToByteArray();

    [Benchmark]
    public AcquireResponse ReadAnswer() => AcquireResponse.Parser.ParseFrom(_answerBytes);

    [Benchmark(Description = "WriteSnapshot (1,000 functions, 2 instances each)")]
    public byte[] WriteSnapshot() => _snapshot.ToByteArray();

    [Benchmark(Description = "ReadSnapshot (1,000 functions, 2 instances each)")]
    public RouteUpdate ReadSnapshot() => RouteUpdate.Parser.ParseFrom(_snapshotBytes);

    [Benchmark(Description = "WriteManifest (100 files)")]
    public byte[] WriteManifest() => _manifest.ToByteArray();

    [Benchmark(Description = "ReadManifest (100 files)")]
    public Manifest ReadManifest() => Manifest.Parser.ParseFrom(_manifestBytes);

    [Benchmark]
    public Reason RefuseAndUnderstand() => Reason.PoolEmpty.ToException("no pod is warm", ("retry_after_ms", "250")).ReasonOf();
}
