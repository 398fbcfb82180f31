using System.Net;
using Grpc.Core;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Access;

/// <summary>What every call must pass, whichever API it comes by: who calls is known, may do what it asks for, and has not too much under way.</summary>
internal sealed class Gate(Authenticator authenticator, InFlightLimit limit, DoorMetrics metrics, TimeProvider time)
{
    /// <summary>A call comes.</summary>
    /// <param name="token">What came with it; null or empty: nothing.</param>
    /// <param name="from">Where it came from; null: a socket without addresses.</param>
    /// <param name="call">What it is about.</param>
    /// <param name="cancellationToken">The caller left.</param>
    /// <returns>Unless it is refused, <see cref="Leave"/> must follow.</returns>
    public async ValueTask<Entry> EnterAsync(string? token, IPAddress? from, DaprCall call, CancellationToken cancellationToken)
    {
        var (caller, why) = await authenticator.FindAsync(string.IsNullOrEmpty(token) ? null : token, from, cancellationToken).ConfigureAwait(false);
        var refusal = caller is null ? why : AccessRules.Check(caller.Name, caller.Access, call);
        if (refusal is null && !limit.TryBegin(caller!.Name))
        {
            refusal = new(
                429, StatusCode.ResourceExhausted, "ERR_TOO_MANY_REQUESTS", $"{caller.Name} has {limit.Limit} calls of Dapr under way on this node, which is as many as it may");
        }

        if (refusal is not null)
        {
            metrics.Refused(caller, call, refusal);
            return new(null, refusal, call, 0);
        }

        metrics.Entered(caller!);
        return new(caller, null, call, time.GetTimestamp());
    }

    /// <summary>A call that entered has ended.</summary>
    public void Leave(Entry entry)
    {
        limit.End(entry.Caller!.Name);
        metrics.Left(entry.Caller, entry.Call, time.GetElapsedTime(entry.Since));
    }
}

/// <summary>A call that came to the gate.</summary>
/// <param name="Caller">Who calls; null: it is refused.</param>
/// <param name="Refusal">Why it may not pass; null: it may.</param>
/// <param name="Call">What it is about.</param>
/// <param name="Since">When it entered, as a timestamp.</param>
internal readonly record struct Entry(Caller? Caller, DaprRefusal? Refusal, DaprCall Call, long Since);
