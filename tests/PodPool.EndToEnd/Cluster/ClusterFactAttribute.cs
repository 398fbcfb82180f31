using System.Runtime.CompilerServices;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A test that is skipped where there is no cluster to be used up, or no command for what it breaks.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    /// <param name="fault">What the test breaks: <c>Node</c>, <c>Network</c>, <c>Server</c> or <c>Container</c>; null: nothing that needs a command.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public ClusterFactAttribute(string? fault = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = Settings.WhyNot ?? fault switch
        {
            "Node" => Missing(("PODPOOL_NODE_CRASH", Settings.NodeCrash), ("PODPOOL_NODE_BOOT", Settings.NodeBoot)),
            "Network" => Missing(("PODPOOL_NODE_CUT", Settings.NodeCut), ("PODPOOL_NODE_MEND", Settings.NodeMend)),
            "Server" => Missing(("PODPOOL_API_SERVER_STOP", Settings.ServerStop), ("PODPOOL_API_SERVER_START", Settings.ServerStart)),
            "Container" => Missing(("PODPOOL_CONTAINER_KILL", Settings.ContainerKill)),
            _ => null,
        };
    }

    private static string? Missing(params (string Name, string? Value)[] commands)
        => commands.FirstOrDefault(command => command.Value is null).Name is { } name ? $"{name} names no command" : null;
}
