using System.Diagnostics.CodeAnalysis;
using System.Net;
using Grpc.Core;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Access;

/// <summary>What every call must pass, whichever API it comes by: who calls is known, may do what it asks for, and has not too much under way.</summary>
internal sealed class Gate(Authenticator authenticator, InFlightLimit limit)
{
    /// <summary>A call comes.</summary>
    /// <param name="token">What came with it; null or empty: nothing.</param>
    /// <param name="from">Where it came from; null: a socket without addresses.</param>
    /// <param name="call">What it is about.</param>
    /// <param name="caller">Who calls.</param>
    /// <param name="refusal">Why it may not pass.</param>
    /// <returns>True: it may, and <see cref="Leave"/> must follow.</returns>
    public bool TryEnter(string? token, IPAddress? from, DaprCall call, [NotNullWhen(true)] out Caller? caller, [NotNullWhen(false)] out DaprRefusal? refusal)
    {
        caller = authenticator.Find(string.IsNullOrEmpty(token) ? null : token, from, out var why);
        refusal = caller is null
            ? new(401, StatusCode.Unauthenticated, "ERR_UNAUTHORIZED", $"invalid api token: {why}")
            : AccessRules.Check(caller.Name, caller.Access, call) ?? (limit.TryBegin(caller.Name) ? null : new(
                429, StatusCode.ResourceExhausted, "ERR_TOO_MANY_REQUESTS", $"{caller.Name} has {limit.Limit} calls of Dapr under way on this node, which is as many as it may"));
        return refusal is null;
    }

    /// <summary>A call that entered has ended.</summary>
    public void Leave(Caller caller) => limit.End(caller.Name);
}
