using System.Diagnostics.CodeAnalysis;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Leading;

/// <summary>
/// Whether this manager leads. Of several managers one does; the others listen, tell routers nothing and change nothing. Whoever holds the
/// election says so here; a manager that is alone leads always.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source of a term's token has no timer and no handle to let go of.")]
internal sealed class Leadership
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<Term> _begun = New();
    private CancellationTokenSource? _over;

    /// <summary>The term that lasts now; null: this manager does not lead.</summary>
    public Term? Current
    {
        get
        {
            lock (_gate)
            {
                return _begun.Task.IsCompleted ? _begun.Task.Result : null;
            }
        }
    }

    /// <summary>For a manager that is alone: it leads from the start and for ever, in epoch 0.</summary>
    public static Leadership Always()
    {
        var leadership = new Leadership();
        leadership._begun.SetResult(new(0, CancellationToken.None));
        return leadership;
    }

    /// <summary>Completes when this manager leads; at once if it does.</summary>
    public Task<Term> WhenLeadsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _begun.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The term that lasts now.</summary>
    /// <exception cref="Grpc.Core.RpcException"><see cref="Reason.NotLeader"/>: there is none.</exception>
    public Term Require() => Current ?? throw NotLeader();

    /// <summary>What is answered to what only a leader can do.</summary>
    public static Grpc.Core.RpcException NotLeader() => Reason.NotLeader.ToException("this manager does not lead now; ask the one that does");

    /// <summary>This manager leads from now on.</summary>
    /// <param name="epoch">Greater than that of every leader before.</param>
    /// <exception cref="InvalidOperationException">It leads already.</exception>
    public void Begin(ulong epoch)
    {
        lock (_gate)
        {
            if (_begun.Task.IsCompleted)
            {
                throw new InvalidOperationException($"this manager leads already, in epoch {_begun.Task.Result.Epoch}");
            }

            _over = new();
            _begun.SetResult(new(epoch, _over.Token));
        }
    }

    /// <summary>This manager leads no more: whatever only a leader may do ends. Nothing if it did not lead.</summary>
    public void End()
    {
        CancellationTokenSource? over;
        lock (_gate)
        {
            over = _over;
            if (over is null)
            {
                return;
            }

            _over = null;
            _begun = New();
        }

        over.Cancel();
    }

    private static TaskCompletionSource<Term> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
