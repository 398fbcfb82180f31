using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Core;
using PodPool.Manager.Platform;
using PodPhase = PodPool.Core.PodPhase;
using WirePhase = PodPool.Contracts.V1.PodPhase;

namespace PodPool.Manager.Loader;

/// <summary>Who is told what a pod says of itself.</summary>
internal interface ILinkObserver
{
    /// <summary>A pod's state.</summary>
    void Observed(PlatformPod pod, PodObservation observation);

    /// <summary>The pod's loader stopped answering, this long ago.</summary>
    /// <returns>Ends when the pod was looked at.</returns>
    Task UnreachableAsync(PlatformPod pod, TimeSpan since);
}

/// <summary>
/// The open channel to one pod. Its status stream tells what the pod is, that it lives, and keeps the connection open, so that a
/// claim finds it open. Where the pod runs makes no difference here.
/// </summary>
internal sealed partial class PodLink : IAsyncDisposable
{
    private static readonly TimeSpan LookForSocketEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>For a connection over a network, its handshake included: whoever has the pod's address now need not speak TLS.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly PlatformPod _pod;
    private readonly string _address;
    private readonly ILinkObserver _observer;
    private readonly ILoaderSecurity _security;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GrpcChannel _channel;
    private readonly Contracts.V1.Loader.LoaderClient _client;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationToken _closedToken;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _firstStatus = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private PodObservation _observation;
    private SpecializeCall? _ready;
    private bool _specializing;
    private bool _withheld;
    private bool _distrusted;
    private CancellationTokenSource? _prefetching;
    private (FrozenSet<ByteString> Files, FrozenSet<string> Packages)? _ordered;

    public PodLink(PlatformPod pod, string address, ILinkObserver observer, ILoaderSecurity security, TimeProvider time, ILogger logger)
    {
        (_pod, _address, _observer, _security, _time, _logger) = (pod, address, observer, security, time, logger);
        _closedToken = _closed.Token;
        _observation = new(pod.Pod, PodPhase.Starting, pod.Node) { Template = pod.Template };
        var endPoint = PodAddress.Parse(address, out var tls);
        _channel = GrpcChannel.ForAddress(tls ? "https://pod" : "http://pod", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (_, token) => tls ? ConnectSecurelyAsync(endPoint, token) : PodAddress.ConnectAsync(endPoint, token),
                ConnectTimeout = endPoint is UnixDomainSocketEndPoint ? Timeout.InfiniteTimeSpan : ConnectPatience,
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,

                // A pod that vanished with its machine closes no connection.
                KeepAlivePingDelay = endPoint is UnixDomainSocketEndPoint ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            },
            DisposeHttpClient = true,
        });
        _client = new(_channel);
    }

    /// <summary>The pod.</summary>
    public PlatformPod Pod => _pod;

    /// <summary>Where functions listen in the pod; null: it did not say yet.</summary>
    public string? FunctionAddress { get; private set; }

    /// <summary>Digests of files that the pod holds already.</summary>
    public FrozenSet<ByteString> HeldFiles { get; private set; } = [];

    /// <summary>Digests of packages of which the pod holds every file.</summary>
    public FrozenSet<string> HeldPackages { get; private set; } = [];

    /// <summary>What start profiles are good for: the version and the platform of the pod's runtime; empty: it did not say yet.</summary>
    public string Runtime { get; private set; } = "";

    /// <summary>The pod answered at least once.</summary>
    public Task FirstStatus => _firstStatus.Task;

    /// <summary>What is known of the pod.</summary>
    public PodObservation Observation
    {
        get
        {
            lock (_gate)
            {
                // Between the pod's word that it serves and its answer to the claim there is nothing to decide.
                return _withheld ? _observation with { Phase = PodPhase.Specializing } : _observation;
            }
        }
    }

    /// <summary>A call waits at the pod for its claim.</summary>
    public bool HasCallReady
    {
        get
        {
            lock (_gate)
            {
                return _ready is { IsOpen: true };
            }
        }
    }

    /// <summary>Begins to watch the pod.</summary>
    public void Open()
    {
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(WatchAsync);
        }
    }

    /// <summary>
    /// A call to specialize. Until <see cref="EndSpecialize"/> what the pod says of it is held back: the answer with its phases shall
    /// come first, not the bare news that the pod serves.
    /// </summary>
    public SpecializeCall BeginSpecialize(TimeSpan deadline)
    {
        SpecializeCall? call;
        lock (_gate)
        {
            _specializing = true;
            _prefetching?.Cancel();
            (call, _ready) = (_ready, null);
        }

        if (call is not { IsOpen: true })
        {
            call?.Dispose();
            call = new(_client, _closedToken);
        }

        call.Begin(deadline, _time);
        return call;
    }

    /// <summary>The answer to the claim was passed on.</summary>
    public void EndSpecialize()
    {
        PodObservation? news;
        lock (_gate)
        {
            _specializing = false;
            news = _withheld ? _observation : null;
            _withheld = false;
        }

        if (news is not null)
        {
            _observer.Observed(_pod, news);
        }
    }

    /// <summary>Gives the pod files ahead of a claim; a claim that comes meanwhile ends it.</summary>
    /// <param name="files">Digests of all files that the order names.</param>
    /// <param name="packages">Digests of its packages.</param>
    /// <param name="send">Sends the order and what the pod lacks.</param>
    /// <param name="patience">How long it may take.</param>
    /// <exception cref="RpcException">The pod refused, cannot be reached, or was claimed.</exception>
    public async Task PrefetchAsync(
        FrozenSet<ByteString> files, FrozenSet<string> packages, Func<IClientStreamWriter<PrefetchRequest>, Task> send, TimeSpan patience)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closedToken);
        lock (_gate)
        {
            if (_specializing)
            {
                return;
            }

            // From now on the pod may have dropped what is not in the order, whatever its last word was.
            _prefetching = ending;
            _ordered = (files, packages);
            (HeldFiles, HeldPackages) = Within(HeldFiles, HeldPackages);
        }

        try
        {
            using var call = _client.Prefetch(deadline: _time.GetUtcNow().UtcDateTime + patience, cancellationToken: ending.Token);
            var sending = send(call.RequestStream);
            await Task.WhenAny(sending, call.ResponseAsync).ConfigureAwait(false);
            await call.ResponseAsync.ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _prefetching = null;
            }
        }
    }

    /// <summary>The start profile that the pod's claim asked for, once it is recorded.</summary>
    /// <exception cref="RpcException">The pod has none, or cannot be asked.</exception>
    public async Task<ProfileResponse> ProfileAsync(TimeSpan patience)
        => await _client.ProfileAsync(new(), deadline: _time.GetUtcNow().UtcDateTime + patience, cancellationToken: _closedToken);

    /// <summary>Lets running requests end; returns when they have, or their grace has, or the pod cannot be asked.</summary>
    public async Task DrainAsync(TimeSpan grace)
    {
        // Longer than the grace: the pod ends what runs on by itself.
        var deadline = _time.GetUtcNow().UtcDateTime + grace + TimeSpan.FromSeconds(10);
        try
        {
            var response = await _client.DrainAsync(new() { Grace = Duration.FromTimeSpan(grace) }, deadline: deadline, cancellationToken: _closedToken);
            if (response.Aborted > 0)
            {
                Log.Aborted(_logger, _pod.Pod.Value, response.Aborted);
            }
        }
        catch (RpcException exception) when (exception.StatusCode is not StatusCode.Cancelled)
        {
            Log.NotDrained(_logger, _pod.Pod.Value, exception.Status.Detail);
        }
        catch (Exception exception) when (exception is RpcException or ObjectDisposedException)
        {
            // The link was closed: the pod is gone.
        }
    }

    /// <summary>Whether the pod answers now, and is the one that is meant.</summary>
    public async Task<bool> AnswersAsync(TimeSpan patience)
    {
        try
        {
            using var call = _client.Status(new(), deadline: _time.GetUtcNow().UtcDateTime + patience, cancellationToken: _closedToken);
            return await call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false) && call.ResponseStream.Current.PodId == _pod.Pod.Value;
        }
        catch (Exception exception) when (exception is RpcException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ready?.Dispose();
        _channel.Dispose();
        _closed.Dispose();
    }

    private async Task WatchAsync()
    {
        var closed = _closedToken;
        var pause = FirstPause;
        long? lostAt = null;
        try
        {
            await SocketIsThereAsync(closed).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    using var call = _client.Status(new(), cancellationToken: closed);
                    while (await call.ResponseStream.MoveNext(closed).ConfigureAwait(false))
                    {
                        (lostAt, pause) = (null, FirstPause);
                        Take(call.ResponseStream.Current);
                    }
                }
                catch (RpcException exception) when (!closed.IsCancellationRequested)
                {
                    Log.Lost(_logger, _pod.Pod.Value, exception.StatusCode);
                }

                lostAt ??= _time.GetTimestamp();
                await _observer.UnreachableAsync(_pod, _time.GetElapsedTime(lostAt.Value)).ConfigureAwait(false);
                await Task.Delay(pause, _time, closed).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception exception) when (closed.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            // Closed.
        }
        catch (Exception exception)
        {
            Log.WatchFailed(_logger, exception, _pod.Pod.Value);
        }
    }

    private async ValueTask<Stream> ConnectSecurelyAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var options = _security.For(_pod) ?? throw new AuthenticationException($"the loader of the pod {_pod.Pod} speaks TLS, and this manager has no certificates");
        try
        {
            var stream = await InstallationTls.ConnectAsync(endPoint, options, cancellationToken).ConfigureAwait(false);
            _distrusted = false;
            return stream;
        }
        catch (AuthenticationException exception) when (!_distrusted)
        {
            // Once: it is tried every second.
            _distrusted = true;
            Log.NotTrusted(_logger, _pod.Pod.Value, _address, exception.Message);
            throw;
        }
    }

    /// <summary>A process that is just starting has no socket yet; looking for the file is much cheaper than a call that fails.</summary>
    private async Task SocketIsThereAsync(CancellationToken cancellationToken)
    {
        if (PodAddress.Parse(_address, out _) is UnixDomainSocketEndPoint)
        {
            var path = _address["unix:".Length..];
            while (!File.Exists(path))
            {
                await Task.Delay(LookForSocketEvery, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Take(PodStatus status)
    {
        if (status.PodId != _pod.Pod.Value)
        {
            Log.AnotherPod(_logger, _pod.Pod.Value, status.PodId);
            return;
        }

        if (status.Phase == WirePhase.PodFailed)
        {
            Log.Failed(_logger, _pod.Pod.Value, status.Failure, status.Message);
        }

        FunctionAddress = status.FunctionAddress;
        Runtime = status.RuntimeVersion.Length > 0 ? $"{status.RuntimeVersion}-{status.RuntimeIdentifier}" : "";
        PodObservation observation;
        lock (_gate)
        {
            (HeldFiles, HeldPackages) = Within(status.HeldFiles.ToFrozenSet(), status.HeldPackages.ToFrozenSet());
            observation = new(_pod.Pod, PhaseOf(status.Phase), _pod.Node, BindingOf(status.Binding)) { HeldPackages = [.. HeldPackages], Template = _pod.Template };
            _observation = observation;
            _withheld = _specializing && observation.Phase is (PodPhase.Specializing or PodPhase.Serving);
            if (_withheld)
            {
                return;
            }
        }

        KeepCallReady(observation.Phase);
        _firstStatus.TrySetResult();
        _observer.Observed(_pod, observation);
    }

    /// <summary>While the pod is warm, a call waits for its claim.</summary>
    private void KeepCallReady(PodPhase phase)
    {
        SpecializeCall? unused;
        lock (_gate)
        {
            var isWanted = phase == PodPhase.Warm && !_specializing;
            if (isWanted && _ready is { IsOpen: true })
            {
                return;
            }

            (unused, _ready) = (_ready, isWanted ? new(_client, _closedToken) : null);
        }

        unused?.Dispose();
    }

    private (FrozenSet<ByteString> Files, FrozenSet<string> Packages) Within(FrozenSet<ByteString> files, FrozenSet<string> packages)
        => _ordered is { } ordered ? (files.Intersect(ordered.Files).ToFrozenSet(), packages.Intersect(ordered.Packages).ToFrozenSet()) : (files, packages);

    private static PodPhase PhaseOf(WirePhase phase) => phase switch
    {
        WirePhase.PodWarm => PodPhase.Warm,
        WirePhase.PodSpecializing => PodPhase.Specializing,
        WirePhase.PodServing => PodPhase.Serving,
        WirePhase.PodDraining => PodPhase.Draining,
        WirePhase.PodFailed => PodPhase.Failed,
        _ => PodPhase.Starting,
    };

    private static PodBinding? BindingOf(Binding? binding)
        => binding is null ? null : new(new(binding.Namespace, binding.Function), binding.Revision, new(binding.ClaimId));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Pod {Pod} does not answer: {Code}", EventName = "Lost")]
        public static partial void Lost(ILogger logger, string pod, StatusCode code);

        [LoggerMessage(7, LogLevel.Warning, "Who answers for pod {Pod} at {Address} cannot be trusted: {Message}", EventName = "NotTrusted")]
        public static partial void NotTrusted(ILogger logger, string pod, string address, string message);

        [LoggerMessage(2, LogLevel.Error, "Pod {Pod} cannot be watched any more", EventName = "WatchFailed")]
        public static partial void WatchFailed(ILogger logger, Exception exception, string pod);

        [LoggerMessage(3, LogLevel.Warning, "Where pod {Pod} should be, pod {Other} answers", EventName = "AnotherPod")]
        public static partial void AnotherPod(ILogger logger, string pod, string other);

        [LoggerMessage(4, LogLevel.Debug, "Pod {Pod} failed: {Reason}: {Message}", EventName = "Failed")]
        public static partial void Failed(ILogger logger, string pod, Reason reason, string message);

        [LoggerMessage(5, LogLevel.Warning, "{Count} requests of pod {Pod} were still running when their grace was over", EventName = "Aborted")]
        public static partial void Aborted(ILogger logger, string pod, int count);

        [LoggerMessage(6, LogLevel.Debug, "Pod {Pod} could not be drained: {Message}", EventName = "NotDrained")]
        public static partial void NotDrained(ILogger logger, string pod, string message);
    }
}
