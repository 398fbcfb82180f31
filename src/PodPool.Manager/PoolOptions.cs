using System.ComponentModel.DataAnnotations;
using PodPool.Core;
using PodPool.Manager.Doors;

namespace PodPool.Manager;

/// <summary>How one pool is kept.</summary>
public sealed record PoolOptions
{
    /// <summary>The name of the pool of functions that name none.</summary>
    public const string DefaultName = "default";

    /// <summary>The pool's name.</summary>
    /// <value>Default: <c>default</c>. A DNS label.</value>
    [Required]
    [RegularExpression("[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", ErrorMessage = "the name must be a DNS label of 40 characters at most: a-z, 0-9 and '-' inside")]
    public string Name { get; init; } = DefaultName;

    /// <summary>What the names of its pods begin with. On a cluster the name is <c>namespace/name</c>, of which this is the last part.</summary>
    internal string PodPrefix => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>Warm pods to keep. A size that an operator set later is kept in the state folder and wins.</summary>
    /// <value>Default: 4. 0 to 10,000.</value>
    [Range(0, 10_000)]
    public int Warm { get; init; } = 4;

    /// <summary>What the size follows beside that number.</summary>
    /// <value>Default: nothing, it stays as it is.</value>
    public SizeOptions Size { get; init; } = new();

    /// <summary>Pods in all, whatever they do.</summary>
    /// <value>Default: 0, no limit. 0 to 100,000.</value>
    [Range(0, 100_000)]
    public int Max { get; init; }

    /// <summary>Creations a second, in the long run.</summary>
    /// <value>Default: 10. 0.01 to 1,000.</value>
    [Range(0.01, 1000)]
    public double RefillPerSecond { get; init; } = 10;

    /// <summary>Creations at once after a quiet time.</summary>
    /// <value>Default: 20. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int RefillBurst { get; init; } = 20;

    /// <summary>Pods that start at once. More than there are processors only makes each of them slower.</summary>
    /// <value>Default: the number of processors. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int RefillParallelism { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>The same while claims come, there are warm pods and nobody waits for one: the other processors are left to first requests.</summary>
    /// <value>Default: half the number of processors. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int RefillParallelismWhileWarm { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How long a refill waits for running claims to end while warm pods are left.</summary>
    /// <value>Default: 500 ms. 0 to 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RefillYield { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a refill waits after the last claim while warm pods are left: the first call of what was just started shall have the
    /// processor for itself.
    /// </summary>
    /// <value>Default: 100 ms. 0 to 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan RefillQuiet { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Package files that each warm pod is given while it idles, those of the lately started and deployed functions first: so that a
    /// first request sends nothing. They lie in memory, and count against <see cref="MemoryBytes"/>.
    /// </summary>
    /// <value>Default: 16 MiB, in bytes; 0: none. 0 to 1 GiB.</value>
    [Range(0L, 1L << 30)]
    public long PrefetchBytes { get; init; } = 16L << 20;

    /// <summary>How long a pod may take to become warm.</summary>
    /// <value>Default: 2 min. 1 s to 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a specialization may take.</summary>
    /// <value>Default: 45 s. 1 s to 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SpecializeDeadline { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>What running requests get when their instance drains.</summary>
    /// <value>Default: 30 s. 0 to 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Memory that one pod may use, its package files included. The runtime's heap is limited to three quarters of it, so that most
    /// functions see an <see cref="OutOfMemoryException"/> before their pod is ended.
    /// </summary>
    /// <value>Default: 512 MiB, in bytes; 0: no limit. Otherwise 64 MiB to 1 TiB.</value>
    [Range(0L, 1L << 40)]
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Whose functions may share a sidecar of Dapr's: the doors of this name serve its instances, and no others.</summary>
    /// <value>Default: <c>default</c>. A DNS label.</value>
    [RegularExpression("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")]
    public string TrustDomain { get; init; } = TrustDomains.Default;

    /// <summary>What its pods are made from, as a hash; empty: all are alike.</summary>
    internal string Template { get; init; } = "";

    /// <summary>As the pool's rules know it.</summary>
    internal PoolSpec ToSpec(int warm) => new()
    {
        Name = Name,
        Template = Template,
        Warm = warm,
        Auto = Size.Auto,
        Schedules = Size.Schedules,
        Reserve = Size.Reserve,
        Max = Max == 0 ? int.MaxValue : Max,
        RefillPerSecond = RefillPerSecond,
        RefillBurst = RefillBurst,
        RefillParallelism = RefillParallelism,
        RefillParallelismWhileWarm = RefillParallelismWhileWarm,
        RefillYield = RefillYield,
        StartDeadline = StartDeadline,
        SpecializeDeadline = SpecializeDeadline,
        DrainGrace = DrainGrace,
    };
}
