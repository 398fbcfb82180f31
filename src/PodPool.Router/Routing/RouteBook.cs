using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using PodPool.Router.Managing;

namespace PodPool.Router.Routing;

/// <summary>
/// What the manager told of functions. Written by the manager's stream alone, read by every request: the table is swapped whole, and only
/// when names changed; instances change inside their function.
/// </summary>
internal sealed partial class RouteBook(
    RouterOptions options, HoldLimits limits, IManager manager, RouterMetrics metrics, TimeProvider time, ILogger<RouteBook> logger)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<FunctionId, (Function Function, FunctionRoute Route)> _functions = [];
    private volatile RouteTable _table = RouteTable.Empty;
    private volatile Function[] _all = [];

    public RouteTable Table => _table;

    /// <summary>All functions.</summary>
    public IReadOnlyList<Function> All => _all;

    /// <summary>Completes when a manager has told for the first time what functions there are.</summary>
    public Task FirstTold => _first.Task;

    /// <summary>Takes in what the manager said.</summary>
    public void Apply(RouteUpdate update)
    {
        var names = false;
        foreach (var route in update.Changed)
        {
            names |= Change(route);
        }

        var removed = update.Snapshot
            ? _functions.Keys.Except(update.Changed.Select(route => FunctionId.Of(route.Function))).ToList()
            : [.. update.Removed.Select(FunctionId.Of)];
        foreach (var id in removed)
        {
            names |= Remove(id);
        }

        if (names)
        {
            _all = [.. _functions.Values.Select(entry => entry.Function)];
            _table = BuildTable();
        }

        if (update.Snapshot)
        {
            _first.TrySetResult();
        }
    }

    private bool Change(FunctionRoute route)
    {
        var id = FunctionId.Of(route.Function);
        var isNew = !_functions.TryGetValue(id, out var entry);
        var function = isNew ? new Function(id, options, limits, manager, metrics, time, logger) : entry.Function;
        function.Apply(route);
        _functions[id] = (function, route);
        return isNew || !entry.Route.Hosts.Equals(route.Hosts) || !entry.Route.Paths.Equals(route.Paths);
    }

    private bool Remove(FunctionId id)
    {
        if (!_functions.Remove(id, out var entry))
        {
            return false;
        }

        entry.Function.Remove();
        return true;
    }

    private RouteTable BuildTable()
    {
        var hosts = new Dictionary<string, Function>(StringComparer.OrdinalIgnoreCase);
        var prefixes = new Dictionary<string, Function>(StringComparer.Ordinal);

        // Every function has its own names for sure; what it wishes for besides goes to the first who asks, in the order of names.
        foreach (var (id, (function, _)) in _functions)
        {
            prefixes[function.Prefix] = function;
            hosts[$"{id.Name}.{id.Namespace}"] = function;
            foreach (var domain in options.Domains)
            {
                hosts[$"{id.Name}.{id.Namespace}.{domain}"] = function;
            }
        }

        foreach (var (id, (function, route)) in _functions.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
        {
            foreach (var host in route.Hosts)
            {
                Claim(hosts, host, id, function);
            }

            foreach (var path in route.Paths)
            {
                Claim(prefixes, path.StartsWith('/') ? path.TrimEnd('/') : $"/{path.TrimEnd('/')}", id, function);
            }
        }

        return new(hosts, prefixes);
    }

    private void Claim(Dictionary<string, Function> names, string name, FunctionId id, Function function)
    {
        if (!names.TryAdd(name, function) && names[name] != function)
        {
            Log.Taken(logger, id, name, names[name].Id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Function} asks for the route '{Name}', which {Owner} has")]
        public static partial void Taken(ILogger logger, FunctionId function, string name, FunctionId owner);
    }
}
