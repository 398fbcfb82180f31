using PodPool.Contracts.V1;
using PodPool.Core;

namespace PodPool.Manager.Doors;

/// <summary>What one door still has to be told.</summary>
internal sealed class DoorConnection(DoorHello hello)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Core.FunctionName> _told = [];
    private HashSet<Core.FunctionName> _functions = [];
    private HashSet<PodId> _pods = [];
    private TaskCompletionSource _news = NewSignal();
    private volatile bool _isReady;

    /// <summary>What it said of itself.</summary>
    public DoorHello Hello => hello;

    /// <summary>Whose instances it serves.</summary>
    public DoorPlace Place { get; } = new(hello.TrustDomain.Length > 0 ? hello.TrustDomain : TrustDomains.Default, hello.Node);

    /// <summary>Whether it is of use, by its own word.</summary>
    public bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }

    /// <summary>A function changed.</summary>
    public void Changed(Core.FunctionName function)
    {
        lock (_gate)
        {
            _functions.Add(function);
            _news.TrySetResult();
        }
    }

    /// <summary>An instance changed.</summary>
    public void Changed(PodId pod)
    {
        lock (_gate)
        {
            _pods.Add(pod);
            _news.TrySetResult();
        }
    }

    /// <summary>A function is being told of. By whoever makes its updates, one at a time.</summary>
    public void Told(Core.FunctionName function) => _told.Add(function);

    /// <summary>A function is not for it any more.</summary>
    /// <returns>False: it never was, and its name stays unknown there.</returns>
    public bool Forgets(Core.FunctionName function) => _told.Remove(function);

    /// <summary>Waits until something changed.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _news.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What changed since the last time. Whoever takes it looks afterwards how it is, and sends that.</summary>
    public (IReadOnlyCollection<Core.FunctionName> Functions, IReadOnlyCollection<PodId> Pods) Take()
    {
        lock (_gate)
        {
            var taken = (_functions, _pods);
            (_functions, _pods, _news) = ([], [], NewSignal());
            return taken;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
