using System.Text;

namespace PodPool.DaprStandIn.Starting;

/// <summary>Writes files of components.</summary>
internal static class ComponentFile
{
    /// <summary>A component of a Redis.</summary>
    public static string Of(RedisServer redis, string type, string name, params (string Name, string Value)[] metadata)
        => Of(type, name, [("redisHost", redis.Host), .. metadata]);

    public static string Of(string type, string name, params (string Name, string Value)[] metadata)
    {
        var file = new StringBuilder($"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: {name}
            spec:
              type: {type}
              version: v1
              metadata:

            """);
        foreach (var (key, value) in metadata)
        {
            // JSON's text is YAML's too.
            file.Append("  - name: ").AppendLine(key).Append("    value: ").AppendLine(System.Text.Json.JsonSerializer.Serialize(value));
        }

        return file.ToString();
    }
}
