using PodPool.Contracts.V1;
using PodPool.Router.Holding;

namespace PodPool.Router.Managing;

/// <summary>The manager that leads, as the parts of a router that hold and forward requests see it.</summary>
internal interface IManager
{
    /// <summary>A leader is in sight: its table is ours.</summary>
    bool IsConnected { get; }

    /// <summary>A leader's table has been ours, now or before: the router can serve, also while there is no leader.</summary>
    bool HasTable { get; }

    /// <summary>Completes when a leader's whole table replaces ours the next time. Whoever was refused by this one asks again then.</summary>
    Task NextTable { get; }

    /// <summary>Completes when a leader is in sight; at once if one is.</summary>
    Task WhenConnectedAsync(CancellationToken cancellationToken);

    /// <summary>Asks for an instance of a function; the function's load goes with it.</summary>
    /// <exception cref="Grpc.Core.RpcException">
    /// Refused, cancelled, or no manager answers; <see cref="Reason.ManagerUnavailable"/> also if another leads before this one answered.
    /// </exception>
    Task<AcquireResponse> AcquireAsync(Function function, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>A function's load changed.</summary>
    /// <param name="function">The function.</param>
    /// <param name="urgent">More requests wait: the manager decides by it how many instances are started.</param>
    void LoadChanged(Function function, bool urgent);

    /// <summary>An instance could not be reached, or another answered in its place.</summary>
    void Suspect(Instance instance, Reason reason);
}
