using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Router.Instances;

/// <summary>Where one function's requests may go, at one moment. Never changed; a newer one takes its place.</summary>
internal sealed class FunctionRouting
{
    /// <summary>A request's time in the pod is the pod's to keep; this much later the router stops waiting for a pod that did not.</summary>
    private static readonly TimeSpan TimeoutSlack = TimeSpan.FromSeconds(1);

    private readonly int _concurrency;
    private readonly Instance[] _instances;

    public FunctionRouting(int concurrency, TimeSpan? timeout, string pool, Instance[] instances)
    {
        _concurrency = concurrency;
        _instances = instances;
        Timeout = timeout;
        Pool = pool;
        var silence = timeout is { } limit ? limit + TimeoutSlack : System.Threading.Timeout.InfiniteTimeSpan;
        Http1 = new() { Version = new(1, 1), VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = silence };
        Http2 = new() { Version = new(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = silence };
    }

    /// <summary>No instance at all.</summary>
    public static FunctionRouting Nowhere { get; } = new(1, null, "", []);

    /// <summary>One request's time; null: none.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>The pool the function draws on.</summary>
    public string Pool { get; }

    /// <summary>How HTTP/1.1 requests are forwarded.</summary>
    public ForwarderRequestConfig Http1 { get; }

    /// <summary>How HTTP/2 requests are forwarded.</summary>
    public ForwarderRequestConfig Http2 { get; }

    public ReadOnlySpan<Instance> Instances => _instances;

    public int Concurrency => _concurrency;

    /// <summary>
    /// Claims a place at the instance with the fewest outstanding requests; at a suspect one only if no other has room. Never above the
    /// concurrency.
    /// </summary>
    /// <param name="avoid">Instances that the request has failed to reach.</param>
    public Instance? TryClaim(List<Instance>? avoid = null)
    {
        while (true)
        {
            Instance? best = null;
            var fewest = _concurrency;
            var bestIsSuspect = true;
            foreach (var instance in _instances)
            {
                var load = instance.Load;
                if ((uint)load >= (uint)_concurrency || avoid?.Contains(instance) == true)
                {
                    continue;
                }

                var suspect = instance.IsSuspect;
                if (suspect == bestIsSuspect ? load < fewest : bestIsSuspect)
                {
                    (best, fewest, bestIsSuspect) = (instance, load, suspect);
                    if (load == 0 && !suspect)
                    {
                        break;
                    }
                }
            }

            if (best is null || best.TryClaim(fewest))
            {
                return best;
            }
        }
    }

    /// <summary>The same without an instance.</summary>
    public FunctionRouting Without(Instance gone) => new(_concurrency, Timeout, Pool, [.. _instances.Where(instance => instance != gone)]);

    /// <summary>The same with one more instance.</summary>
    public FunctionRouting With(Instance added) => new(_concurrency, Timeout, Pool, [.. _instances, added]);
}
