using System.Reflection;

namespace PodPool.EndToEnd.Cluster;

/// <summary>What the environment gives. Nothing is done to a cluster that happens to be configured: it has to be asked for.</summary>
internal static class Settings
{
    /// <summary>The kustomization that is installed, below the repository.</summary>
    public static string Overlay { get; } = Read("PODPOOL_OVERLAY") ?? "deploy/overlays/local";

    /// <summary>The kustomization of the custom resources; null: the one that the server's version needs.</summary>
    public static string? CustomResources { get; } = Read("PODPOOL_CUSTOM_RESOURCES");

    /// <summary>Commands that break things; <c>{0}</c> is what is to be broken. Without them such tests are skipped.</summary>
    public static string? NodeCut { get; } = Read("PODPOOL_NODE_CUT");

    public static string? NodeMend { get; } = Read("PODPOOL_NODE_MEND");

    public static string? NodeCrash { get; } = Read("PODPOOL_NODE_CRASH");

    public static string? NodeBoot { get; } = Read("PODPOOL_NODE_BOOT");

    public static string? ServerStop { get; } = Read("PODPOOL_API_SERVER_STOP");

    public static string? ServerStart { get; } = Read("PODPOOL_API_SERVER_START");

    /// <summary>Ends a container's process at once, as a kernel out of memory does; <c>{0}</c> is its id as the node's runtime knows it.</summary>
    public static string? ContainerKill { get; } = Read("PODPOOL_CONTAINER_KILL");

    /// <summary>The command line, as it was built with these tests.</summary>
    public static string PodPool { get; } = typeof(Settings).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "PodPool").Value!;

    /// <summary>Why nothing is run; null: the tests run.</summary>
    public static string? WhyNot { get; } = Read("PODPOOL_END_TO_END") != "1"
        ? "set PODPOOL_END_TO_END=1 to install PodPool on the cluster of KUBECONFIG, break it in many ways, and uninstall it"
        : Read("KUBECONFIG") is null ? "KUBECONFIG names no cluster" : null;

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
