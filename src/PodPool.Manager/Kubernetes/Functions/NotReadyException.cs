namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>A function cannot be served as its resource says.</summary>
/// <param name="reason">For the condition: one word, or a reason of the wire, of which the condition makes one.</param>
/// <param name="message">What is wrong, and the remedy; for the function's author.</param>
internal sealed class NotReadyException(string reason, string message) : Exception(message)
{
    public string Reason => reason;

    /// <summary>Whether it is the package that is not there or not right.</summary>
    public bool OfPackage { get; init; }

    /// <summary>Whether it may be well later with nothing changed that is watched.</summary>
    public bool MayPass { get; init; }
}
