namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Requests that share a limit.</summary>
internal enum ApiLane
{
    Read,
    Write,

    /// <summary>Not limited at all: the lease, which thousands of queued writes must not make expire.</summary>
    Urgent,
}

/// <summary>What the handlers know of a request.</summary>
/// <param name="Verb">As in a role: <c>list</c>, <c>patch</c>.</param>
/// <param name="Resource">As in a role: <c>pods</c>, <c>functions.podpool.dev/status</c>.</param>
/// <param name="Lane">Which limit holds.</param>
/// <param name="Repeatable">Twice is as good as once.</param>
/// <param name="Retried">Failures are tried again here; otherwise the caller wants to know each.</param>
internal sealed record ApiCall(string Verb, string Resource, ApiLane Lane, bool Repeatable, bool Retried)
{
    private static readonly HttpRequestOptionsKey<ApiCall> Key = new("podpool.call");

    /// <summary>For messages: <c>list pods</c>.</summary>
    public string Doing => $"{Verb} {Resource}";

    public void Describe(HttpRequestMessage request) => request.Options.Set(Key, this);

    /// <summary>Of a request that was not described, the careful answer.</summary>
    public static ApiCall Of(HttpRequestMessage request)
        => request.Options.TryGetValue(Key, out var call) ? call : new(request.Method.Method.ToLowerInvariant(), "other", ApiLane.Write, Repeatable: false, Retried: false);
}
