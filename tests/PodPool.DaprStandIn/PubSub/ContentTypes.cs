namespace PodPool.DaprStandIn.PubSub;

/// <summary>Kinds of content types, as dapr/components-contrib contenttype/contenttype.go tells them apart.</summary>
internal static class ContentTypes
{
    public const string CloudEvent = "application/cloudevents+json";
    public const string Json = "application/json";

    public static bool IsCloudEvent(string type) => Is(type, CloudEvent);

    public static bool IsJson(string type) => Is(type, Json);

    public static bool IsText(string type) => type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || Is(type, "application/xml");

    public static bool IsBinary(string type) => Is(type, "application/octet-stream");

    private static bool Is(string type, string expected) => type.Split(';')[0].Equals(expected, StringComparison.OrdinalIgnoreCase);
}
