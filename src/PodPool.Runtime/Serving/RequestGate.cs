namespace PodPool.Runtime.Serving;

/// <summary>Counts the requests that run, and closes.</summary>
internal sealed class RequestGate
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exchange? _first;
    private int _count;
    private bool _closed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>False: closed.</summary>
    public bool TryEnter(Exchange exchange)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            exchange.Previous = null;
            exchange.Next = _first;
            if (_first is not null)
            {
                _first.Previous = exchange;
            }

            _first = exchange;
            _count++;
            return true;
        }
    }

    public void Exit(Exchange exchange)
    {
        lock (_lock)
        {
            if (exchange.Next is { } next)
            {
                next.Previous = exchange.Previous;
            }

            if (exchange.Previous is { } previous)
            {
                previous.Next = exchange.Next;
            }
            else
            {
                _first = exchange.Next;
            }

            exchange.Next = exchange.Previous = null;
            _count--;
            if (_closed && _count == 0)
            {
                _idle.TrySetResult();
            }
        }
    }

    /// <summary>Lets nobody in any more.</summary>
    /// <returns>Ends when the last one is out.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_count == 0)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }

    /// <summary>Cuts off whoever is still inside.</summary>
    /// <returns>How many.</returns>
    public int Abort()
    {
        List<Exchange> running = [];
        lock (_lock)
        {
            for (var exchange = _first; exchange is not null; exchange = exchange.Next)
            {
                running.Add(exchange);
            }
        }

        foreach (var exchange in running)
        {
            exchange.Abort();
        }

        return running.Count;
    }
}
