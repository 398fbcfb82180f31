namespace PodPool.Core;

/// <summary>An acquire without an answer. Due: its deadline.</summary>
internal sealed class Waiter : Due
{
    public Waiter(AcquireId id, Function function, string router, long since)
    {
        Id = id;
        Function = function;
        Router = router;
        Since = since;
        Place = new LinkedListNode<Waiter>(this);
    }

    public AcquireId Id { get; }

    public Function Function { get; }

    public string Router { get; }

    public long Since { get; }

    public LinkedListNode<Waiter> Place { get; }
}
