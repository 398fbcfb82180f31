using Grpc.Core;

namespace PodPool.DaprStandIn.Errors;

/// <summary>A store did not do what it was asked for.</summary>
/// <remarks>Which of the two it is when etags are at fault, and the words: dapr/components-contrib state/errors.go; the codes: dapr/dapr pkg/api/http/http.go and pkg/api/grpc/grpc.go.</remarks>
internal sealed class StateStoreException : Exception
{
    private StateStoreException(string message, StatusCode code, int httpStatus)
        : base(message)
    {
        Code = code;
        HttpStatus = httpStatus;
    }

    public StatusCode Code { get; }

    public int HttpStatus { get; }

    /// <summary>An etag is at fault: there is no point in trying again.</summary>
    public bool IsETag => Code is StatusCode.Aborted or StatusCode.InvalidArgument;

    public static StateStoreException Mismatch(string why) => new($"possible etag mismatch. error from state store: {why}", StatusCode.Aborted, 409);

    public static StateStoreException Invalid(string why) => new($"invalid etag value: {why}", StatusCode.InvalidArgument, 400);

    public static StateStoreException Other(string why) => new(why, StatusCode.Internal, 500);

    /// <summary>Several items at once failed.</summary>
    /// <remarks>As dapr/dapr pkg/components/state/bulk.go sums them up.</remarks>
    public static StateStoreException Several(IReadOnlyList<(string Key, StateStoreException Why)> failures)
    {
        var all = string.Join('\n', failures.Select(failure => $"failed operation on key '{failure.Key}': {failure.Why.Message}"));
        if (failures.All(failure => failure.Why.IsETag))
        {
            return failures.Any(failure => failure.Why.Code == StatusCode.InvalidArgument) ? Invalid(all) : Mismatch(all);
        }

        var first = failures.FirstOrDefault(failure => failure.Why.IsETag, failures[0]).Why;
        return new(all, first.Code, first.HttpStatus);
    }
}
