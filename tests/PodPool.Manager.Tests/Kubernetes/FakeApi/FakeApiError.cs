using System.Text.Json.Nodes;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A refusal, as the API server words it.</summary>
internal sealed class FakeApiError(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public JsonObject Status { get; } = new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };

    public static FakeApiError NotFound(FakeKind kind, string name) => new(404, "NotFound", $"{kind.Plural} \"{name}\" not found");

    public static FakeApiError Exists(FakeKind kind, string name) => new(409, "AlreadyExists", $"{kind.Plural} \"{name}\" already exists");

    public static FakeApiError Conflict(FakeKind kind, string name, string why) => new(409, "Conflict", $"Operation cannot be fulfilled on {kind.Plural} \"{name}\": {why}");

    public static FakeApiError Modified(FakeKind kind, string name)
        => Conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static FakeApiError Invalid(FakeKind kind, string name, string why) => new(422, "Invalid", $"{kind.Plural} \"{name}\" is invalid: {why}");

    public static FakeApiError Expired(string message) => new(410, "Expired", message);
}
