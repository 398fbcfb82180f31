using PodPool.Contracts.V1;

namespace PodPool.Contracts.Wire;

/// <summary>The environment by which Dapr's SDKs find their sidecar: for an instance, its node's door.</summary>
/// <remarks>https://docs.dapr.io/reference/environment/ lists them. The ports are for SDKs that are older than the endpoints.</remarks>
public static class DaprVariables
{
    public const string HttpEndpoint = "DAPR_HTTP_ENDPOINT";
    public const string GrpcEndpoint = "DAPR_GRPC_ENDPOINT";
    public const string ApiToken = "DAPR_API_TOKEN";
    public const string HttpPort = "DAPR_HTTP_PORT";
    public const string GrpcPort = "DAPR_GRPC_PORT";

    /// <summary>All of them: a function that uses Dapr sets none of these itself.</summary>
    public static IReadOnlyList<string> All { get; } = [HttpEndpoint, GrpcEndpoint, ApiToken, HttpPort, GrpcPort];

    /// <summary>The variables of an instance.</summary>
    /// <param name="door">Where its door is; the endpoints are absolute URLs.</param>
    public static IReadOnlyDictionary<string, string> Of(DaprDoor door)
    {
        ArgumentNullException.ThrowIfNull(door);
        return new Dictionary<string, string>
        {
            [HttpEndpoint] = door.HttpEndpoint,
            [GrpcEndpoint] = door.GrpcEndpoint,
            [ApiToken] = door.Token,
            [HttpPort] = PortOf(door.HttpEndpoint),
            [GrpcPort] = PortOf(door.GrpcEndpoint),
        };
    }

    private static string PortOf(string endpoint) => new Uri(endpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
