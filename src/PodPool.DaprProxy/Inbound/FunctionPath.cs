namespace PodPool.DaprProxy.Inbound;

/// <summary>Paths in functions, which what comes to them is posted to.</summary>
internal static class FunctionPath
{
    /// <summary>Whether a path stays within its function.</summary>
    /// <remarks>Behind <c>/namespace/name</c>, one with a segment "..", however it is escaped, would be another's once somebody cleaned it.</remarks>
    public static bool IsWithin(string path)
        => path.StartsWith('/') && !path.Contains('\\') && !Array.Exists(path.Split('?')[0].Split('/'), segment => Uri.UnescapeDataString(segment) is "." or "..");
}
