namespace PodPool.Router.Tests.Peers;

/// <summary>What happened, in order; and a way to wait until something did.</summary>
internal sealed class Events<T>
{
    private readonly Lock _gate = new();
    private readonly List<T> _all = [];
    private TaskCompletionSource _more = New();

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public void Add(T happened)
    {
        lock (_gate)
        {
            _all.Add(happened);
            _more.TrySetResult();
            _more = New();
        }
    }

    /// <summary>The first that is as asked, now or later; fails after ten seconds.</summary>
    public async Task<T> WaitForAsync(Func<T, bool> isIt)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, TestContext.Current.CancellationToken);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                foreach (var one in _all)
                {
                    if (isIt(one))
                    {
                        return one;
                    }
                }

                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                Assert.Fail($"did not happen within ten seconds; what did: {string.Join("; ", All)}");
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
