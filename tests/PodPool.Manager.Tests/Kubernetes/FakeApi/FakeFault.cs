namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>What shall go wrong with a request.</summary>
internal abstract record FakeFault
{
    /// <summary>It is refused, and nothing done.</summary>
    public sealed record Refused(int Code, string Reason, string Message = "injected", string? RetryAfter = null) : FakeFault;

    /// <summary>The connection breaks.</summary>
    /// <param name="IsDone">What was asked for was done before.</param>
    public sealed record Dropped(bool IsDone = false) : FakeFault;

    /// <summary>It is carried out only then.</summary>
    public sealed record Held(Task Until) : FakeFault;

    /// <summary>It is carried out, but the answer waits.</summary>
    public sealed record AnswerHeld(Task Until) : FakeFault;
}
