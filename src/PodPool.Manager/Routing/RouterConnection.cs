using PodPool.Core;

namespace PodPool.Manager.Routing;

/// <summary>What one router still has to be told, and what it has acknowledged.</summary>
internal sealed class RouterConnection(string router)
{
    private readonly Lock _gate = new();
    private readonly Queue<(long Version, Dictionary<string, long> Pools)> _sent = new();
    private HashSet<FunctionName> _changed = [];
    private List<TaskCompletionSource> _marks = [];
    private List<(long Version, TaskCompletionSource Mark)> _markedVersions = [];
    private TaskCompletionSource _news = NewSignal();
    private bool _ended;

    /// <summary>The router.</summary>
    public string Router { get; } = router;

    /// <summary>A route changed: the router is told with what else changed by then.</summary>
    public void Changed(FunctionName function)
    {
        lock (_gate)
        {
            _changed.Add(function);
            _news.TrySetResult();
        }
    }

    /// <summary>Completes when the router has everything that changed until now in its table, or is gone.</summary>
    public Task AcknowledgedAsync(FunctionName function)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return Task.CompletedTask;
            }

            var mark = NewSignal();
            _marks.Add(mark);
            _changed.Add(function);
            _news.TrySetResult();
            return mark.Task;
        }
    }

    /// <summary>Waits until something changed.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _news.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What changed since the last time. Whoever takes it reads the routes afterwards, and sends them.</summary>
    /// <param name="version">The update's version.</param>
    /// <param name="pools">Each pool's version, read now: what is read of the routes later is no older.</param>
    public IReadOnlyCollection<FunctionName> Take(long version, Dictionary<string, long> pools)
    {
        lock (_gate)
        {
            var changed = _changed;
            _changed = [];
            _markedVersions.AddRange(_marks.Select(mark => (version, mark)));
            _marks = [];
            _news = NewSignal();
            _sent.Enqueue((version, pools));
            return changed;
        }
    }

    /// <summary>The router has everything up to a version in its table.</summary>
    /// <returns>What that means to the pools; null: nothing new.</returns>
    public Dictionary<string, long>? Acknowledged(long version)
    {
        Dictionary<string, long>? pools = null;
        lock (_gate)
        {
            while (_sent.TryPeek(out var sent) && sent.Version <= version)
            {
                pools = _sent.Dequeue().Pools;
            }

            _markedVersions.Where(marked => marked.Version <= version).ToList().ForEach(marked => marked.Mark.TrySetResult());
            _markedVersions = _markedVersions.FindAll(marked => marked.Version > version);
        }

        return pools;
    }

    /// <summary>The router is gone; nobody need wait for it.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _marks.ForEach(mark => mark.TrySetResult());
            _markedVersions.ForEach(marked => marked.Mark.TrySetResult());
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
