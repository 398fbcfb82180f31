namespace PodPool.Contracts;

/// <summary>Header names on the wire. No request header of a caller's that begins with <see cref="Prefix"/> gets through the router.</summary>
public static class WireHeaders
{
    /// <summary>What begins with this belongs to PodPool.</summary>
    public const string Prefix = "x-podpool-";

    /// <summary>Router → pod: the id of the instance that is meant. A pod that is not that instance answers 421.</summary>
    public const string Instance = "x-podpool-instance";

    /// <summary>Router → caller: how the request found its instance; one of <see cref="StartOutcome"/>.</summary>
    public const string Start = "x-podpool-start";

    /// <summary>Pod → router, on responses that the pod itself made in the function's stead: the reason's name.</summary>
    public const string Reason = "x-podpool-reason";
}

/// <summary>Values of <see cref="WireHeaders.Start"/>, of the metric label <c>outcome</c> and of benchmark modes.</summary>
public static class StartOutcome
{
    /// <summary>An instance was there.</summary>
    public const string Warm = "warm";

    /// <summary>This request started an instance from a warm pod.</summary>
    public const string Pooled = "pooled";

    /// <summary>This request started an instance, but had to wait for a pod: the pool was empty.</summary>
    public const string Miss = "miss";

    /// <summary>This request waited for a start that another request had begun.</summary>
    public const string Coalesced = "coalesced";
}

/// <summary>The phases of a start: metric label, span, <c>Server-Timing</c> and benchmark use these names alike.</summary>
public static class PhaseNames
{
    public const string Queue = "queue";
    public const string Claim = "claim";
    public const string Transfer = "transfer";
    public const string Load = "load";
    public const string Start = "start";
    public const string FirstCall = "first_call";

    /// <summary>In the order in which they happen.</summary>
    public static IReadOnlyList<string> All { get; } = [Queue, Claim, Transfer, Load, Start, FirstCall];

    /// <summary>All of them together, in metrics.</summary>
    public const string Total = "total";
}

/// <summary>What a generic pod is told through its environment. All of them are removed before a function's code runs.</summary>
public static class PodEnvironment
{
    /// <summary>What begins with this belongs to PodPool.</summary>
    public const string Prefix = "PODPOOL_";

    /// <summary>The pod's id; never used again for another pod.</summary>
    public const string PodId = "PODPOOL_POD_ID";

    /// <summary>Where the loader listens: <c>unix:/path</c>, <c>http://host:port</c>, or <c>https://host:port</c> with <see cref="LoaderCertificate"/>.</summary>
    public const string LoaderAddress = "PODPOOL_LOADER_ADDRESS";

    /// <summary>Where functions listen: <c>unix:/path</c> or <c>http://host:port</c>.</summary>
    public const string FunctionAddress = "PODPOOL_FUNCTION_ADDRESS";

    /// <summary>The public key that claims are verified with: SubjectPublicKeyInfo, base64.</summary>
    public const string ClaimKey = "PODPOOL_CLAIM_KEY";

    /// <summary>
    /// The folder of the loader's certificate: <c>tls.crt</c> (the certificate, and what leads from it to its authority), <c>tls.key</c>, and <c>ca.crt</c>:
    /// the authorities whose managers are let in. PEM. What changes there counts from the next connection on. Goes with a loader at <c>https</c>, and with no other.
    /// </summary>
    public const string LoaderCertificate = "PODPOOL_LOADER_CERTIFICATE";

    /// <summary>An existing empty folder, memory-backed where the system has such, for package files.</summary>
    public const string FilesFolder = "PODPOOL_FILES";

    /// <summary><c>false</c> leaves the rehearsal out. For measurements of what it is worth only.</summary>
    public const string Rehearse = "PODPOOL_REHEARSE";
}

/// <summary>The label and annotation keys of pods on a cluster.</summary>
public static class PodLabels
{
    public const string Pool = "podpool.dev/pool";
    public const string State = "podpool.dev/state";

    /// <summary>What of its pool's template it was made from, as a hash: a warm pod with another than the pool's is replaced.</summary>
    public const string Template = "podpool.dev/template";
    public const string Function = "podpool.dev/function";
    public const string FunctionNamespace = "podpool.dev/function-namespace";
    public const string Revision = "podpool.dev/revision";
    public const string Claim = "podpool.dev/claim";
}
