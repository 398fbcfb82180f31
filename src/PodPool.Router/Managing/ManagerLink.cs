using Grpc.Net.Client;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Router.Holding;

namespace PodPool.Router.Managing;

/// <summary>The one connection to the manager, and whether somebody answers there.</summary>
internal sealed class ManagerLink : IManager, IDisposable
{
    /// <summary>A snapshot names every function and every instance in one message.</summary>
    private const int LargestMessage = 256 << 20;

    private readonly string _routerId = Guid.NewGuid().ToString("N");
    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private volatile TaskCompletionSource _connected = New();
    private long _lastTold;

    public ManagerLink(RouterOptions options, TimeProvider time)
    {
        _time = time;
        var endPoint = PodAddress.Parse(options.Manager);
        _channel = GrpcChannel.ForAddress("http://manager", new()
        {
            MaxReceiveMessageSize = LargestMessage,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(endPoint, cancellationToken),
                ConnectTimeout = options.ConnectTimeout,
                UseProxy = false,
                EnableMultipleHttp2Connections = true,
                ActivityHeadersPropagator = null,

                // A manager's machine that is gone without a word is found out; a process that ends closes its connection.
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            },
        });
        Client = new(_channel);
    }

    public Contracts.V1.Pool.PoolClient Client { get; }

    public LoadOutbox Outbox { get; } = new();

    public string RouterId => _routerId;

    /// <summary>When the manager was told something last: a timestamp.</summary>
    public long LastTold
    {
        get => Interlocked.Read(ref _lastTold);
        set => Interlocked.Exchange(ref _lastTold, value);
    }

    public bool IsConnected => _connected.Task.IsCompleted;

    public Task WhenConnectedAsync(CancellationToken cancellationToken) => _connected.Task.WaitAsync(cancellationToken);

    public async Task<AcquireResponse> AcquireAsync(Function function, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var load = Outbox.LoadOf(function);
        LastTold = _time.GetTimestamp();

        // gRPC reads the system's clock to send what is left until a deadline, whatever clock we go by.
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + timeout;
        using var call = Client.AcquireAsync(new() { RouterId = _routerId, Load = load }, deadline: deadline, cancellationToken: cancellationToken);
        return await call.ResponseAsync.ConfigureAwait(false);
    }

    public void LoadChanged(Function function, bool urgent) => Outbox.Changed(function, urgent);

    public void Suspect(Instance instance, Reason reason) => Outbox.Suspect(instance.Id, reason);

    /// <summary>A manager's table is ours.</summary>
    public void Connected() => _connected.TrySetResult();

    /// <summary>No manager is in sight.</summary>
    public void Lost()
    {
        if (IsConnected)
        {
            _connected = New();
        }
    }

    public void Dispose() => _channel.Dispose();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
