using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace PodPool.Following;

/// <summary>One stream with one manager, from its hello until either side ends it.</summary>
[SuppressMessage("Usage", "CA2213", Justification = "What is asked of the manager outlives the stream; the source has no timer and no handle to let go of.")]
internal sealed class ManagerTalk<TUp, TDown> : IDisposable
    where TUp : class
    where TDown : class
{
    private readonly CancellationTokenSource _ending;
    private readonly CancellationTokenSource _superseded = new();
    private readonly AsyncDuplexStreamingCall<TUp, TDown> _call;

    /// <param name="manager">Where the manager listens; for people.</param>
    /// <param name="invoker">The manager.</param>
    /// <param name="follower">Who talks with it.</param>
    /// <param name="stoppingToken">The process stops.</param>
    public ManagerTalk(string manager, CallInvoker invoker, IFollower<TUp, TDown> follower, CancellationToken stoppingToken)
    {
        (Manager, Invoker) = (manager, invoker);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        _call = follower.Open(invoker, _ending.Token);
        Ending = _ending.Token;
        Superseded = _superseded.Token;
    }

    public string Manager { get; }

    /// <summary>For calls beside the stream.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>The epoch of its snapshot; null: it does not lead, as far as it said. Under the succession's lock, as the next two.</summary>
    public ulong? Epoch { get; set; }

    /// <summary>Everything up to here is in the table.</summary>
    public ulong Version { get; set; }

    /// <summary>It was ended to be begun anew: its manager shall tell everything again.</summary>
    public bool IsRenewed { get; private set; }

    /// <summary>Signalled when the stream is ended.</summary>
    public CancellationToken Ending { get; }

    /// <summary>Signalled when another stream is followed instead.</summary>
    public CancellationToken Superseded { get; }

    public Task TellAsync(TUp message, CancellationToken cancellationToken) => _call.RequestStream.WriteAsync(message, cancellationToken);

    /// <summary>What the manager says, until it ends the stream.</summary>
    /// <exception cref="RpcException">The stream ended otherwise.</exception>
    public IAsyncEnumerable<TDown> ListenAsync() => _call.ResponseStream.ReadAllAsync(Ending);

    /// <summary>Another stream is followed. What is asked by this one and not answered is asked anew.</summary>
    public void Supersede() => _ = _superseded.CancelAsync();

    /// <summary>Ends the stream, so that the next one brings a snapshot.</summary>
    public void Renew()
    {
        IsRenewed = true;
        End();
    }

    /// <summary>Ends the stream. What hangs on it runs elsewhere.</summary>
    public void End() => _ = _ending.CancelAsync();

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
        _call.Dispose();
    }
}
