using System.ComponentModel.DataAnnotations;
using PodPool.Contracts.Wire;
using PodPool.Manager.Kubernetes;

namespace PodPool.Manager;

/// <summary>How a manager is set up; checked as a whole before anything starts.</summary>
public sealed record ManagerOptions
{
    /// <summary>What outlives the manager: functions, files, the claim key, logs, the books of pods. One manager at a time uses it.</summary>
    /// <value>A folder; made with mode 0700 if it is not there.</value>
    [Required]
    public required string StateFolder { get; init; }

    /// <summary>Where the generic pod's program, <c>PodPool.Runtime</c>, is.</summary>
    /// <value>A folder that exists.</value>
    [Required]
    public required string RuntimeFolder { get; init; }

    /// <summary>Where routers and operators reach the manager (gRPC, HTTP/2).</summary>
    /// <value>
    /// <c>unix:/path</c> (the socket gets mode 0600: the file system says who may) or <c>http://IP:port</c>; 107 bytes of path at most. On a cluster also
    /// <c>https://IP:port</c>: mutual TLS, for routers alone; its certificates are the installation's, the Secret <c>podpool-router</c> has theirs.
    /// </value>
    [Required]
    public required string Listen { get; init; }

    /// <summary>The pools. A function that names none draws on <c>default</c>.</summary>
    /// <value>Default: one, named <c>default</c>. 1 to 100, of different names; none on a cluster.</value>
    [MaxLength(100)]
    public IReadOnlyList<PoolOptions> Pools { get; init; } = [new()];

    /// <summary>Where callers reach the router; the URLs of functions begin with it.</summary>
    /// <value>Default: <c>http://127.0.0.1:8080</c>.</value>
    [Required]
    public string PublicAddress { get; init; } = "http://127.0.0.1:8080";

    /// <summary>Functions are also called at <c>function.namespace.domain</c>.</summary>
    /// <value>Default: none.</value>
    public string? Domain { get; init; }

    /// <summary>The cluster whose pods the manager keeps; its pools and functions are that cluster's objects.</summary>
    /// <value>Default: null: pods are processes on this machine, <see cref="Pools"/> says which, and functions are kept in the state folder.</value>
    public KubernetesOptions? Kubernetes { get; init; }

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are answered (HTTP/1.1).</summary>
    /// <value><c>http://IP:port</c>. Default: null, nowhere.</value>
    public string? Health { get; init; }

    /// <summary>Where people look at the manager, at <c>/console</c> (HTTP/1.1). Nothing can be changed there, and nobody is asked who they are.</summary>
    /// <value><c>http://IP:port</c>, of the loopback if not all who reach it may see functions, pods and events. Default: null, nowhere.</value>
    public string? Console { get; init; }

    /// <summary>Names by which a browser may reach the console, besides its address, <c>localhost</c> and <c>127.0.0.1</c>.</summary>
    /// <value>Each a host without a port; <c>*.example.com</c> is every name below it. Default: none.</value>
    public IReadOnlyList<string> ConsoleHosts { get; init; } = [];

    /// <summary>Whether pods go on when the manager stops, for the next one to take over.</summary>
    /// <value>Default: false: they are drained and ended.</value>
    public bool KeepPods { get; init; }

    /// <summary>What running requests get when the manager stops and ends its pods.</summary>
    /// <value>Default: 5 s. 0 to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What a pod's process gets between SIGTERM and SIGKILL.</summary>
    /// <value>Default: 3 s. 0 to 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan KillAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a pod that exists may be out of reach before it counts as failed.</summary>
    /// <value>Default: 10 s. 100 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan UnreachableAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the books are compared with what exists.</summary>
    /// <value>Default: 5 s. 100 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a deploy waits for routers and for the new revision.</summary>
    /// <value>Default: 60 s. 1 s to 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan DeployTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a pod gets to load a function and run its start-up.</summary>
    /// <value>Default: 30 s. 1 s to 1 h; shorter than the pool's time for a specialization.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Memory for package files; what is in it is sent to pods without a look at the disk.</summary>
    /// <value>Default: 256 MiB, in bytes. 1 MiB to 64 GiB.</value>
    [Range(1L << 20, 64L << 30)]
    public long FileCacheBytes { get; init; } = 256L << 20;

    /// <summary>Memory for manifests ready to send.</summary>
    /// <value>Default: 16 MiB, in bytes. 64 KiB to 1 GiB.</value>
    [Range(64L << 10, 1L << 30)]
    public long ManifestCacheBytes { get; init; } = 16L << 20;

    /// <summary>How much of one pod's output is kept, in two files of half of it.</summary>
    /// <value>Default: 16 MiB, in bytes. 64 KiB to 1 GiB.</value>
    [Range(64L << 10, 1L << 30)]
    public long LogBytes { get; init; } = 16L << 20;

    /// <summary>How long the output of a pod that ended is kept.</summary>
    /// <value>Default: 1 day. 0 to 365 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan KeepLogs { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long uploaded files that belong to no function are kept.</summary>
    /// <value>Default: 1 h. 1 min to 365 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan KeepUploads { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Events that one watcher may be behind before it is ended.</summary>
    /// <value>Default: 1,000. 10 to 1,000,000.</value>
    [Range(10, 1_000_000)]
    public int WatchBacklog { get; init; } = 1000;

    /// <summary>Whether the manager runs its own part of a first request before it listens.</summary>
    /// <value>Default: true.</value>
    public bool Rehearse { get; init; } = true;

    /// <summary>What <see cref="Health"/> says; null: nothing.</summary>
    internal System.Net.IPEndPoint? HealthEndPoint => Health is null ? null : PodAddress.Parse(Health) as System.Net.IPEndPoint;

    /// <summary>What <see cref="Console"/> says; null: nothing.</summary>
    internal System.Net.IPEndPoint? ConsoleEndPoint => Console is null ? null : PodAddress.Parse(Console) as System.Net.IPEndPoint;

    /// <summary>Whether <see cref="Listen"/> is <c>https</c>.</summary>
    /// <exception cref="FormatException">It is no address.</exception>
    internal bool ListensOverTls
    {
        get
        {
            PodAddress.Parse(Listen, out var tls);
            return tls;
        }
    }

    /// <summary>Checks everything.</summary>
    /// <exception cref="ManagerOptionsException">Names every option that is not as it must be.</exception>
    public void Validate()
    {
        var problems = new List<string>(ProblemsOf(this, ""));
        foreach (var pool in Pools)
        {
            problems.AddRange(ProblemsOf(pool, $"pool '{pool.Name}': "));
            try
            {
                pool.ToSpec(pool.Warm).Check();
            }
            catch (ArgumentOutOfRangeException exception)
            {
                problems.Add($"pool '{pool.Name}': {exception.Message.ReplaceLineEndings(" ")}");
            }

            if (pool.Warm > pool.Max && pool.Max > 0)
            {
                problems.Add($"pool '{pool.Name}': {nameof(pool.Warm)} is {pool.Warm}, more than {nameof(pool.Max)}, {pool.Max}");
            }
        }

        problems.AddRange(Pools.GroupBy(pool => pool.Name).Where(group => group.Count() > 1).Select(group => $"there are {group.Count()} pools named '{group.Key}'"));
        if (Listen is { Length: > 0 })
        {
            try
            {
                if (ListensOverTls && Kubernetes is null)
                {
                    problems.Add($"{nameof(Listen)}: '{Listen}' is https, and there are no certificates but on a cluster: write unix:/path or http://IP:port");
                }
            }
            catch (FormatException exception)
            {
                problems.Add($"{nameof(Listen)}: {exception.Message}");
            }
        }

        problems.AddRange(ProblemsOfPort(nameof(Health), Health));
        problems.AddRange(ProblemsOfPort(nameof(Console), Console));

        if (Kubernetes is null && Pools.Count == 0)
        {
            problems.Add($"{nameof(Pools)}: there is none; name one");
        }

        if (Kubernetes is not null)
        {
            problems.AddRange(ProblemsOf(Kubernetes, "Kubernetes: "));
            if (Kubernetes.Registry is { } registry && !(Uri.TryCreate(registry, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)))
            {
                problems.Add($"Kubernetes: {nameof(Kubernetes.Registry)}: '{registry}' is no http(s)://host[:port][/path]");
            }
        }

        if (PublicAddress is { Length: > 0 } && !Uri.IsWellFormedUriString(PublicAddress, UriKind.Absolute))
        {
            problems.Add($"{nameof(PublicAddress)}: '{PublicAddress}' is no absolute URL");
        }

        if (problems.Count > 0)
        {
            throw new ManagerOptionsException(string.Join("; ", problems));
        }
    }

    private static IEnumerable<string> ProblemsOfPort(string name, string? address)
    {
        if (address is null)
        {
            return [];
        }

        try
        {
            return PodAddress.Parse(address) is System.Net.IPEndPoint ? [] : [$"{name}: '{address}' is no http://IP:port"];
        }
        catch (FormatException exception)
        {
            return [$"{name}: {exception.Message}"];
        }
    }

    private static IEnumerable<string> ProblemsOf(object options, string prefix)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results.Select(result => prefix + result.ErrorMessage);
    }
}

/// <summary>An option is not as it must be.</summary>
public sealed class ManagerOptionsException(string message) : Exception(message);
