using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Rpc;

namespace PodPool.DaprStandIn.Errors;

/// <summary>What daprd adds to errors, and how it looks in a body of HTTP.</summary>
/// <remarks>The names in JSON are those of dapr/kit errors/errors.go, which are not protobuf's.</remarks>
internal static class ErrorDetails
{
    public static ErrorInfo Info(string reason, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var info = new ErrorInfo { Domain = "dapr.io", Reason = reason };
        foreach (var (key, value) in metadata)
        {
            info.Metadata[key] = value;
        }

        return info;
    }

    public static ResourceInfo Resource(string type, string name, string description = "") => new() { ResourceType = type, ResourceName = name, Description = description };

    public static BadRequest Field(string field, string description)
        => new() { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = description } } };

    public static JsonObject ToJson(IMessage detail)
    {
        var type = "type.googleapis.com/" + detail.Descriptor.FullName;
        return detail switch
        {
            ErrorInfo info => new()
            {
                ["@type"] = type,
                ["domain"] = info.Domain,
                ["metadata"] = info.Metadata.Count == 0 ? null : new JsonObject(info.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
                ["reason"] = info.Reason,
            },
            ResourceInfo resource => new()
            {
                ["@type"] = type,
                ["description"] = resource.Description,
                ["owner"] = resource.Owner,
                ["resource_name"] = resource.ResourceName,
                ["resource_type"] = resource.ResourceType,
            },
            BadRequest bad => new()
            {
                ["@type"] = type,
                ["field_violations"] = new JsonArray([.. bad.FieldViolations.Select(violation => new JsonObject { ["field"] = violation.Field, ["description"] = violation.Description })]),
            },
            _ => throw new NotSupportedException(type),
        };
    }
}
