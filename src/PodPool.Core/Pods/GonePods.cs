namespace PodPool.Core;

/// <summary>
/// Pods that were told to be gone lately. News of them that was under way is late, not new: without this, it would raise them
/// from the dead. Kept for a limited time, as the sweeper has the last word.
/// </summary>
internal sealed class GonePods
{
    private readonly HashSet<PodId> _ids = [];
    private readonly Queue<(PodId Id, long Until)> _until = new();

    public void Add(PodId id, long now, long until)
    {
        Forget(now);
        if (_ids.Add(id))
        {
            _until.Enqueue((id, until));
        }
    }

    public bool Contains(PodId id, long now)
    {
        Forget(now);
        return _ids.Contains(id);
    }

    private void Forget(long now)
    {
        while (_until.TryPeek(out var oldest) && oldest.Until <= now)
        {
            _ids.Remove(oldest.Id);
            _until.Dequeue();
        }
    }
}
