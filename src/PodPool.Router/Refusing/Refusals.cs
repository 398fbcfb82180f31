using System.Globalization;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Routing;

namespace PodPool.Router.Refusing;

/// <summary>What callers are told.</summary>
internal static class Refusals
{
    private const int LongestMessage = 1000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static Refusal NotFound(string host, string path) => new(
        Reason.FunctionNotFound,
        $"no function answers to host '{host}' and path '{path}'; call /<namespace>/<function>/… or host <function>.<namespace>");

    public static Refusal Deleted(FunctionId function) => new(Reason.FunctionDeleted, $"the function {function} was deleted while the request waited");

    public static Refusal QueueFull(FunctionId function, int waiting) => new(
        Reason.QueueFull, $"{waiting} requests wait for an instance of {function}; no more are held", Soon);

    public static Refusal RouterFull(FunctionId function) => new(
        Reason.QueueFull, $"the router holds as many requests as it may, and {function} has no instance with room", Soon);

    public static Refusal HeldTooLong(FunctionId function, TimeSpan time, bool managerInSight) => managerInSight
        ? new(Reason.PoolEmpty, $"no instance of {function} had room within {time.TotalSeconds:0.###} s", Soon)
        : new(Reason.ManagerUnavailable, $"no manager answered within {time.TotalSeconds:0.###} s, and the router knows no instance of {function} with room", Soon);

    public static Refusal NoManagerYet(TimeSpan time) => new(
        Reason.ManagerUnavailable, $"no manager told the router what functions there are within {time.TotalSeconds:0.###} s", Soon);

    public static Refusal ShuttingDown() => new(Reason.ShuttingDown, "the router is shutting down", Soon);

    public static Refusal Timeout(FunctionId function, TimeSpan? timeout) => new(
        Reason.FunctionTimeout, $"{function} did not answer within {timeout?.TotalSeconds:0.###} s");

    public static Refusal InstanceGone(FunctionId function, string instance) => new(
        Reason.InstanceGone, $"the instance {instance} of {function} ended while it ran the request; the request may have had effects");

    public static Refusal NotRepeatable(FunctionId function) => new(
        Reason.NotThisInstance, $"the instance of {function} had moved, and the body was already on its way and too long to be sent again; nothing ran", Soon);

    public static Refusal CannotForward(string why) => new(Reason.InvalidArgument, $"the request cannot be forwarded: {why}");

    /// <summary>What the manager refused.</summary>
    public static Refusal Of(RpcException exception, Reason reason)
    {
        var metadata = exception.InfoOf()?.Metadata;
        TimeSpan? retryAfter = metadata?.TryGetValue("retry_after_ms", out var text) == true
            && double.TryParse(text, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and <= 86_400_000
                ? TimeSpan.FromMilliseconds(milliseconds)
                : reason.IsFaultOfCode() || reason is Reason.FunctionNotFound or Reason.FunctionDeleted ? null : Soon;
        var message = exception.Status.Detail;
        return new(reason, message.Length <= LongestMessage ? message : message[..LongestMessage] + "…", retryAfter);
    }
}
