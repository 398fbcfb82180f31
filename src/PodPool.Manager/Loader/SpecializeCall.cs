using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Loader;

/// <summary>
/// A call to specialize a pod. It is opened when the pod gets warm and waits for a claim, which then only has to be written: to take in a new
/// call costs a pod that has idled more than to receive a small package.
/// </summary>
internal sealed class SpecializeCall : IDisposable
{
    private readonly AsyncClientStreamingCall<SpecializeRequest, SpecializeResponse> _call;
    private ITimer? _deadline;
    private volatile bool _isLate;

    /// <summary>Opens the call.</summary>
    /// <param name="client">The pod.</param>
    /// <param name="closed">Ends the call.</param>
    public SpecializeCall(Contracts.V1.Loader.LoaderClient client, CancellationToken closed)
        => _call = client.Specialize(cancellationToken: closed);

    /// <summary>Nothing has ended it: not the pod, nor the connection.</summary>
    public bool IsOpen => !_call.ResponseAsync.IsCompleted;

    /// <summary>What the pod is told.</summary>
    public IClientStreamWriter<SpecializeRequest> Requests => _call.RequestStream;

    /// <summary>From now on the call is a claim's, and ends when its time is over. Once.</summary>
    public void Begin(TimeSpan deadline, TimeProvider time) => _deadline = time.CreateTimer(_ => Expire(), null, deadline, Timeout.InfiniteTimeSpan);

    /// <summary>The pod's answer.</summary>
    /// <exception cref="RpcException">As loader.proto lists them; DEADLINE_EXCEEDED: the claim's time is over.</exception>
    public async Task<SpecializeResponse> AnswerAsync()
    {
        try
        {
            return await _call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled && _isLate)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, "the claim's time is over", exception));
        }
    }

    /// <summary>Ends the call, if it has not ended.</summary>
    public void Dispose()
    {
        _deadline?.Dispose();
        _call.Dispose();
    }

    private void Expire()
    {
        _isLate = true;
        _call.Dispose();
    }
}
