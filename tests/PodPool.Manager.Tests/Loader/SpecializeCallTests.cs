using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Loader;
using PodPool.Manager.Platform;
using PodPool.Manager.Tests.Peers;
using WirePhase = PodPool.Contracts.V1.PodPhase;

namespace PodPool.Manager.Tests.Loader;

/// <summary>The call that waits at a warm pod for its claim.</summary>
public sealed class SpecializeCallTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Pods _pods = new();
    private readonly FakeTimeProvider _time = new();
    private WebApplication _app = null!;
    private PodLink _link = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_pods);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<FakeLoader>();
        await _app.StartAsync(Test);
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _link = new(new(new("pod-1"), "default", "node-1", address), address, new Unobserved(), new NoLoaderSecurity(), _time, NullLogger.Instance);
        _link.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        _pods.Phases.Writer.Complete();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_claim_goes_by_the_call_that_waits()
    {
        await SayAsync(WirePhase.PodWarm);
        var waiting = await NextAsync();

        using var claim = _link.BeginSpecialize(TimeSpan.FromSeconds(10));
        await claim.Requests.WriteAsync(Header("mine"), Test);

        Assert.Equal("mine", (await claim.AnswerAsync()).InstanceId);
        await waiting.WaitAsync(Patience, Test);
        Assert.False(_pods.Calls.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_claim_whose_waiting_call_has_ended_opens_another()
    {
        await SayAsync(WirePhase.PodWarm);
        await NextAsync();
        _pods.Break();
        await Eventually.IsSoAsync(() => !_link.HasCallReady);

        using var claim = _link.BeginSpecialize(TimeSpan.FromSeconds(10));
        await NextAsync();
        await claim.Requests.WriteAsync(Header("mine"), Test);

        Assert.Equal("mine", (await claim.AnswerAsync()).InstanceId);
    }

    [Fact]
    public async Task No_call_waits_at_a_pod_that_somebody_claimed()
    {
        await SayAsync(WirePhase.PodWarm);
        var waiting = await NextAsync();

        await SayAsync(WirePhase.PodSpecializing);

        await Assert.ThrowsAnyAsync<Exception>(() => waiting.WaitAsync(Patience, Test));
        Assert.False(_link.HasCallReady);
    }

    [Fact]
    public async Task The_time_of_a_claim_begins_with_the_claim_and_ends_it()
    {
        await SayAsync(WirePhase.PodWarm);
        await NextAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(_link.HasCallReady);

        using var claim = _link.BeginSpecialize(TimeSpan.FromSeconds(10));
        var answer = claim.AnswerAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => answer)).StatusCode);
    }

    private static SpecializeRequest Header(string claim) => new() { Header = new() { Claim = Google.Protobuf.ByteString.CopyFromUtf8(claim) } };

    private ValueTask SayAsync(WirePhase phase) => _pods.Phases.Writer.WriteAsync(phase, Test);

    /// <summary>The next call that arrives at the pod; the task is its end.</summary>
    private async Task<Task> NextAsync() => await _pods.Calls.Reader.ReadAsync(Test).AsTask().WaitAsync(Patience, Test);

    /// <summary>What the pod says, and what it is asked.</summary>
    private sealed class Pods
    {
        private TaskCompletionSource _broken = new();

        public Channel<WirePhase> Phases { get; } = Channel.CreateUnbounded<WirePhase>();

        public Channel<Task> Calls { get; } = Channel.CreateUnbounded<Task>();

        public Task Broken => _broken.Task;

        /// <summary>Ends the calls that wait.</summary>
        public void Break() => Interlocked.Exchange(ref _broken, new()).SetResult();
    }

    private sealed class FakeLoader(Pods pods) : Contracts.V1.Loader.LoaderBase
    {
        public override async Task Status(StatusRequest request, IServerStreamWriter<PodStatus> responseStream, ServerCallContext context)
        {
            await foreach (var phase in pods.Phases.Reader.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(new() { PodId = "pod-1", Phase = phase });
            }
        }

        public override async Task<SpecializeResponse> Specialize(IAsyncStreamReader<SpecializeRequest> requestStream, ServerCallContext context)
        {
            var (broken, end) = (pods.Broken, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            await pods.Calls.Writer.WriteAsync(end.Task);
            try
            {
                var first = requestStream.MoveNext(context.CancellationToken);
                if (await Task.WhenAny(first, broken) == broken)
                {
                    // A handler that left its reading behind would find it in the next call: the server uses the stream again.
                    context.GetHttpContext().Abort();
                    await first;
                }

                Assert.True(await first);
                end.SetResult();
                return new() { InstanceId = requestStream.Current.Header.Claim.ToStringUtf8() };
            }
            catch (Exception exception)
            {
                end.TrySetException(exception);
                throw;
            }
        }
    }

    private sealed class Unobserved : ILinkObserver
    {
        public void Observed(PlatformPod pod, PodObservation observation)
        {
            // Nobody asks here.
        }

        public Task UnreachableAsync(PlatformPod pod, TimeSpan since) => Task.CompletedTask;
    }
}
