using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Benchmarks;

/// <summary>
/// One warm request after the other, over Unix sockets: straight to the pod, through YARP's forwarder, through the router. The difference
/// of the last two is what the router adds; throughput under load is wrk's to compare (see README.md).
/// </summary>
public class ForwardingBenchmarks
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-forwarding-");
    private readonly byte[] _body = new byte[1024];
    private WebApplication _pod = null!;
    private WebApplication _bare = null!;
    private RouterStandIn _router = null!;
    private HttpClient _toPod = null!;
    private HttpClient _toBare = null!;
    private HttpClient _toRouter = null!;

    [Params(false, true)]
    public bool WithBody { get; set; }

    [GlobalSetup]
    public async Task StartAsync()
    {
        var (pod, bare, router) = (Address("pod"), Address("bare"), Address("router"));
        _pod = Servers.Pod(pod);
        await _pod.StartAsync();
        _bare = Servers.BareYarp(bare, pod, Servers.DefaultTransforms);
        await _bare.StartAsync();
        _router = await Servers.RouterAsync(router, pod);
        (_toPod, _toBare, _toRouter) = (Client(pod), Client(bare), Client(router));
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _toPod.Dispose();
        _toBare.Dispose();
        _toRouter.Dispose();
        await _router.DisposeAsync();
        await _bare.DisposeAsync();
        await _pod.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Benchmark]
    public Task<int> Pod() => CallAsync(_toPod);

    [Benchmark(Baseline = true)]
    public Task<int> BareYarp() => CallAsync(_toBare);

    [Benchmark]
    public Task<int> Router() => CallAsync(_toRouter);

    private async Task<int> CallAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(WithBody ? HttpMethod.Post : HttpMethod.Get, "/default/hello/")
        {
            Content = WithBody ? new ByteArrayContent(_body) : null,
        };
        using var response = await client.SendAsync(request);
        return (await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync()).Length;
    }

    private string Address(string name) => PodAddress.OfSocket(Path.Combine(_folder.FullName, $"{name}.sock"));

    private static HttpClient Client(string address) => new(new SocketsHttpHandler
    {
        ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(PodAddress.Parse(address), cancellationToken),
        ActivityHeadersPropagator = null,
    })
    {
        BaseAddress = new("http://localhost"),
        DefaultRequestVersion = HttpVersion.Version11,
    };
}
