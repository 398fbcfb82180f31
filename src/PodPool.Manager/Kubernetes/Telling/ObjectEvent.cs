namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>Something that happened to an object and that a person should see, as <c>kubectl describe</c> lists it.</summary>
/// <param name="IsWarning">Something is not as it should be; else: it is, again or at last.</param>
/// <param name="Reason">One word, in the form of a name.</param>
/// <param name="Message">For a person, with the remedy.</param>
internal sealed record ObjectEvent(bool IsWarning, string Reason, string Message);
