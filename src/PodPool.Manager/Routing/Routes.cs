using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;
using PodPool.Manager.Pools;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Routing;

/// <summary>Routes as routers are told them.</summary>
internal sealed class Routes(FunctionRegistry functions, PoolSet pools, PodDirectory pods)
{
    /// <summary>Each pool's version of its routes, now.</summary>
    public Dictionary<string, long> Versions() => pools.All.ToDictionary(pool => pool.Name, pool => pool.RouteVersion);

    /// <summary>An update with the routes of some functions as they are now.</summary>
    public RouteUpdate Update(long version, ulong epoch, IEnumerable<Name> changed, bool snapshot)
    {
        var update = new RouteUpdate { Version = (ulong)version, Epoch = epoch, Snapshot = snapshot };
        foreach (var function in changed)
        {
            if (RouteOf(function) is { } route)
            {
                update.Changed.Add(route);
            }
            else if (!snapshot)
            {
                update.Removed.Add(ToWire(function));
            }
        }

        return update;
    }

    /// <summary>An update with all there is; also what cannot be served, so that its callers hear why.</summary>
    public RouteUpdate Snapshot(long version, ulong epoch) => Update(version, epoch, functions.All.Keys.Concat(functions.Broken.Keys), snapshot: true);

    /// <summary>An instance as routers are told it; null: it never said where its functions listen.</summary>
    public Instance? InstanceOf(Core.RoutedInstance instance)
        => pods.Find(instance.Pod)?.FunctionAddress is { Length: > 0 } address
            ? new Instance { Id = instance.Pod.Value, Address = address, Revision = instance.Revision, Start = StartOf(instance) }
            : null;

    public static FunctionName ToWire(Name name) => new() { Namespace = name.Namespace, Name = name.Name };

    private FunctionRoute? RouteOf(Name function)
    {
        if (!functions.All.TryGetValue(function, out var record))
        {
            return functions.Broken.TryGetValue(function, out var broken)
                ? new() { Function = ToWire(function), Concurrency = 1, Hosts = { broken.Hosts }, Paths = { broken.Paths } }
                : null;
        }

        var routing = pools.Find(record.Spec.Pool)?.RouteOf(function);

        // While an older revision serves, requests are limited as that one is.
        var served = routing?.Function is { } spec ? functions.Find(function, spec.Revision) ?? record : record;
        var route = new FunctionRoute
        {
            Function = ToWire(function),
            Revision = served.Revision,
            Pool = record.Spec.Pool,
            Concurrency = served.Spec.Concurrency,
            Timeout = served.Timeout,
            Hosts = { record.Spec.Hosts },
            Paths = { record.Spec.Paths },
        };
        foreach (var routed in routing?.Instances ?? [])
        {
            if (InstanceOf(routed) is { } instance)
            {
                route.Instances.Add(instance);
            }
        }

        return route;
    }

    private static InstanceStart? StartOf(Core.RoutedInstance instance)
        => instance.Phases == default ? null : new() { Miss = instance.Miss, Phases = PoolService.PhasesOf(TimeSpan.Zero, instance.Phases) };
}
