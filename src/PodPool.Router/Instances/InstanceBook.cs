using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using PodPool.Router.Routing;

namespace PodPool.Router.Instances;

/// <summary>All instances of one function that this router knows or still has requests at. Used under the function's lock.</summary>
internal sealed partial class InstanceBook(Function function, RouterOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Retired ones too, until their last request ends: named again, they go on with their count.</summary>
    private readonly Dictionary<string, Instance> _known = [];

    /// <summary>The routing that the manager's newest word gives; what is not in it any more is retired.</summary>
    public FunctionRouting Take(FunctionRoute route)
    {
        var routed = new List<Instance>(route.Instances.Count);
        foreach (var wire in route.Instances)
        {
            if (Find(wire) is { } instance && !routed.Contains(instance))
            {
                routed.Add(instance);
            }
        }

        foreach (var instance in _known.Values.Except(routed).ToList())
        {
            instance.Retire();
            if (instance.Load < 0)
            {
                _known.Remove(instance.Id);
            }
        }

        return new(Math.Max(1, route.Concurrency), route.Timeout?.ToTimeSpan() is { Ticks: > 0 } timeout ? timeout : null, route.Pool, [.. routed]);
    }

    /// <summary>The routing with the instance that an acquire was answered with.</summary>
    public FunctionRouting Add(FunctionRouting routing, AcquireResponse answer)
    {
        if (Find(answer.Instance) is not { } instance)
        {
            return routing;
        }

        return routing.Instances.Contains(instance) ? routing : routing.With(instance);
    }

    private Instance? Find(Contracts.V1.Instance wire)
    {
        if (_known.TryGetValue(wire.Id, out var known) && known.Address == wire.Address && known.TryRevive())
        {
            return known;
        }

        try
        {
            var connections = new PodConnections(wire.Address, options.ConnectTimeout, time);
            var instance = new Instance(wire.Id, wire.Address, wire.Revision, time.GetTimestamp(), connections, wire.Start);
            known?.Retire();
            _known[wire.Id] = instance;
            return instance;
        }
        catch (FormatException exception)
        {
            Log.BadAddress(logger, function.Id, wire.Id, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The manager named an instance of {Function} that cannot be reached ({Instance}): {Message}")]
        public static partial void BadAddress(ILogger logger, FunctionId function, string instance, string message);
    }
}
