using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Following;
using PodPool.Router.Holding;

namespace PodPool.Router.Managing;

/// <summary>The manager that is followed, whichever that is; and what it is to be told, whoever it will be.</summary>
internal sealed class ManagerLink(TimeProvider time) : IManager
{
    private volatile Leader? _leader;
    private volatile TaskCompletionSource _connected = New();
    private volatile TaskCompletionSource _nextTable = New();
    private volatile bool _hasTable;
    private long _lastTold;

    public LoadOutbox Outbox { get; } = new();

    /// <summary>This router, to all managers.</summary>
    public string RouterId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>When the manager was told something last: a timestamp.</summary>
    public long LastTold
    {
        get => Interlocked.Read(ref _lastTold);
        set => Interlocked.Exchange(ref _lastTold, value);
    }

    public bool IsConnected => _leader is not null;

    public bool HasTable => _hasTable;

    public Task NextTable => _nextTable.Task;

    public Task WhenConnectedAsync(CancellationToken cancellationToken) => _connected.Task.WaitAsync(cancellationToken);

    public async Task<AcquireResponse> AcquireAsync(Function function, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var leader = _leader ?? throw Reason.ManagerUnavailable.ToException("no manager leads");
        var load = Outbox.LoadOf(function);
        LastTold = time.GetTimestamp();

        // gRPC reads the system's clock to send what is left until a deadline, whatever clock we go by.
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + timeout;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leader.Superseded);
        try
        {
            using var call = leader.Client.AcquireAsync(new() { RouterId = RouterId, Load = load }, deadline: deadline, cancellationToken: either.Token);
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled && leader.Superseded.IsCancellationRequested)
        {
            throw Reason.ManagerUnavailable.ToException("another manager leads by now");
        }
        catch (ObjectDisposedException)
        {
            throw Reason.ManagerUnavailable.ToException("the manager is gone");
        }
    }

    public void LoadChanged(Function function, bool urgent) => Outbox.Changed(function, urgent);

    public void Suspect(Instance instance, Reason reason) => Outbox.Suspect(instance.Id, reason);

    /// <summary>A leader's whole table is ours. Called by one at a time, as is <see cref="Lost"/>.</summary>
    public void Follow(ManagerTalk<RouterMessage, RouteUpdate> leader)
    {
        _leader = new(new(leader.Invoker), leader.Superseded);
        _hasTable = true;
        _connected.TrySetResult();
        var next = _nextTable;
        _nextTable = New();
        next.SetResult();
    }

    /// <summary>No leader is in sight.</summary>
    public void Lost()
    {
        _leader = null;
        _connected = New();
    }

    /// <param name="Client">What is asked.</param>
    /// <param name="Superseded">Signalled when another is asked instead.</param>
    private sealed record Leader(Contracts.V1.Pool.PoolClient Client, CancellationToken Superseded);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
