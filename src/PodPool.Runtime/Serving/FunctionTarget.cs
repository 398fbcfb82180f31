namespace PodPool.Runtime.Serving;

/// <summary>A bound function of some kind: what requests are given to.</summary>
internal abstract class FunctionTarget
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>The entry point as resolved: <c>Assembly::Type::Method</c>, or <c>Assembly</c> for an application.</summary>
    public abstract string EntryPoint { get; }

    /// <summary>Runs the function's own start-up; nothing of the function's runs before.</summary>
    public abstract Task StartAsync();

    /// <summary>Before the first byte of the function's code sees the request.</summary>
    public abstract void Begin(Exchange exchange);

    /// <summary>The function answers.</summary>
    public abstract Task ProcessAsync(Exchange exchange);

    /// <summary>After the last byte of the response.</summary>
    public abstract void End(Exchange exchange);

    /// <summary>Ends when the function ends by itself, which ends the pod; most kinds have no life of their own.</summary>
    public virtual Task Ended => Never;

    /// <summary>Tells the function that it is to end; running requests go on.</summary>
    public abstract void BeginStop();

    /// <summary>Ends it. There are no requests any more.</summary>
    public abstract Task StopAsync(CancellationToken cancellationToken);
}
