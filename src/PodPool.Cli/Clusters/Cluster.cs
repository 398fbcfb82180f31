using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Clusters;

/// <summary>A cluster in which PodPool is installed, as this user reaches it. Asks nothing by itself.</summary>
internal sealed class Cluster : IDisposable
{
    /// <summary>Who says what is in objects that this user applies.</summary>
    public const string FieldManager = "podpool";

    public Cluster(KubeContext context, string installation, TimeProvider time)
    {
        (Context, Installation, Time) = (context.Name, installation, time);

        // A person waits: an API server that does not answer twice is said to be out of reach.
        Api = new(context.Configuration, new() { Attempts = 2 }, null, time, NullLogger<KubernetesApi>.Instance);
        Leader = new(this);
    }

    /// <summary>The context's name.</summary>
    public string Context { get; }

    /// <summary>The namespace of managers and routers.</summary>
    public string Installation { get; }

    /// <summary>The namespace of functions that are named without one: the context's.</summary>
    public string Namespace => Api.Namespace;

    public TimeProvider Time { get; }

    public KubernetesApi Api { get; }

    /// <summary>The way to the manager that leads.</summary>
    public LeaderPort Leader { get; }

    public Resource<FunctionResource> Functions => Api.Resource<FunctionResource>();

    public Resource<RuntimePoolResource> Pools => Api.Resource<RuntimePoolResource>();

    public void Dispose()
    {
        Leader.Dispose();
        Api.Dispose();
    }
}
