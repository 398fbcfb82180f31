using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>A way on which callers find the router by a function's name: an object of the cluster for each function, kept as the function's resource wants it.</summary>
internal interface IFunctionExposure
{
    /// <summary>The condition of a function that says whether it has the object: one of <see cref="ConditionTypes"/>.</summary>
    string ConditionType { get; }

    /// <summary>Completes when it is known which objects there are. While the cluster has no such kind, it does not.</summary>
    Task Synced { get; }

    /// <summary>The functions, perhaps gone by now, whose objects only <see cref="RemoveAsync"/> removes.</summary>
    IEnumerable<ObjectName> Functions { get; }

    /// <summary>Told that something happened to a function's object: whether it is right is to be looked at. Must return at once.</summary>
    event Action<ObjectName>? Changed;

    /// <summary>Follows what there is until it is ended.</summary>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Sees to it that a function has its object. Only the manager that leads may ask.</summary>
    /// <exception cref="ApiException">It is to be tried again.</exception>
    Task<ExposureState> EnsureAsync(FunctionResource function, CancellationToken cancellationToken);

    /// <summary>Removes the object of a function that no watch shows any more. Only the manager that leads may ask.</summary>
    /// <exception cref="ApiException">It is to be tried again.</exception>
    Task RemoveAsync(ObjectName function, CancellationToken cancellationToken);
}

/// <summary>What a function's condition says of such an object.</summary>
/// <param name="IsReady">Whether callers find the router by it.</param>
/// <param name="Reason">One word, in the form of a name.</param>
/// <param name="Message">For a person; with the remedy, if there is something to be done.</param>
internal sealed record ExposureState(bool IsReady, string Reason, string Message);
