using System.Net;
using System.Text.Json;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>What went wrong with a request, as far as a caller would act differently on it.</summary>
internal enum ApiFailure
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>No answer: no connection, a broken one, or none in time. Whether the request was carried out is not known.</summary>
    Unreachable,

    /// <summary>404: the object, or its whole kind, does not exist.</summary>
    NotFound,

    /// <summary>409: an object of that name was there before.</summary>
    AlreadyExists,

    /// <summary>409: the object is not as the request supposed; read it again.</summary>
    Conflict,

    /// <summary>410: the version or the page asked for is no longer kept; list anew.</summary>
    Gone,

    /// <summary>422 or 400: the server does not accept the object. The same request fails again.</summary>
    Invalid,

    /// <summary>401 or 403: the account may not do that. The message says which right is missing.</summary>
    Denied,

    /// <summary>429, or 5xx: the server has trouble of its own, also after the retries.</summary>
    Unavailable,
}

/// <summary>A request to the API server failed. The message is the server's own, where it sent one.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(ApiFailure failure, string message, Exception? inner = null)
        : base(message, inner)
        => Failure = failure;

    /// <summary>What to do about it.</summary>
    public ApiFailure Failure { get; }

    /// <summary>The HTTP status; null: there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; private init; }

    /// <summary>A failure as the server describes it, in an answer or inside a watch.</summary>
    /// <param name="doing">What was asked for: <c>list pods</c>.</param>
    /// <param name="code">The HTTP status.</param>
    /// <param name="status">The server's words; null: it sent none.</param>
    public static ApiException Of(string doing, int code, V1Status? status) => new(FailureOf(code, status?.Reason), MessageOf(doing, code, status))
    {
        StatusCode = (HttpStatusCode)code,
    };

    /// <summary>A failure from an answer.</summary>
    public static async Task<ApiException> OfAsync(string doing, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        V1Status? status = null;
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            status = ApiJson.Read<V1Status>(body);
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            // Something before the server answered in words of its own; the status says enough.
        }

        return Of(doing, (int)response.StatusCode, status);
    }

    private static ApiFailure FailureOf(int code, string? reason) => code switch
    {
        400 or 422 => ApiFailure.Invalid,
        401 or 403 => ApiFailure.Denied,
        404 => ApiFailure.NotFound,
        409 when reason == "AlreadyExists" => ApiFailure.AlreadyExists,
        409 => ApiFailure.Conflict,
        410 => ApiFailure.Gone,
        429 or >= 500 => ApiFailure.Unavailable,
        _ when reason is "Expired" or "Gone" => ApiFailure.Gone,
        _ => ApiFailure.Other,
    };

    private static string MessageOf(string doing, int code, V1Status? status)
        => string.IsNullOrEmpty(status?.Message) ? $"cannot {doing}: the API server answered {code}" : $"cannot {doing}: {status.Message}";
}
