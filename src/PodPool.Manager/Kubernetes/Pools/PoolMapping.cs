using System.Security.Cryptography;
using System.Text.Json;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Pools;

/// <summary>A pool's custom resource, as the manager keeps pools.</summary>
internal static class PoolMapping
{
    /// <summary>The manager's name of a pool: <c>namespace/name</c>.</summary>
    public static string KeyOf(string @namespace, string name) => $"{@namespace}/{name}";

    /// <summary>What <see cref="KeyOf"/> was made of.</summary>
    public static ObjectName NameOf(string key) => new(key[..key.IndexOf('/', StringComparison.Ordinal)], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);

    /// <summary>What a pool's pods are made from, as a hash that fits a label.</summary>
    public static string TemplateOf(RuntimePoolResource pool)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(new { pool.Spec.Template, pool.Spec.Memory });
        return Convert.ToHexStringLower(SHA256.HashData(text).AsSpan(0, 8));
    }

    /// <summary>How the pool is to be kept.</summary>
    /// <param name="pool">Its resource, in which <see cref="ResourceRules"/> found no problem.</param>
    /// <exception cref="FormatException">A quantity or duration in it is none.</exception>
    public static PoolOptions ToOptions(RuntimePoolResource pool)
    {
        var spec = pool.Spec;
        return new()
        {
            Name = KeyOf(pool.Metadata.NamespaceProperty, pool.Metadata.Name),
            Template = TemplateOf(pool),
            Warm = spec.Size.Warm,
            Size = SizeMapping.ToOptions(spec.Size),
            Max = spec.Size.Max,
            RefillPerSecond = spec.Refill.PerSecond,
            RefillBurst = spec.Refill.Burst,
            RefillParallelism = spec.Refill.Parallelism,
            PrefetchBytes = ByteQuantity.Parse(spec.Prefetch, "spec.prefetch", 0, 1L << 30),
            StartDeadline = DurationText.Parse(spec.StartDeadline, "spec.startDeadline", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            DrainGrace = DurationText.Parse(spec.DrainGrace, "spec.drainGrace", TimeSpan.Zero, TimeSpan.FromHours(1)),

            TrustDomain = spec.TrustDomain,

            // Other machines start the pods, or the same one: a first request has ended before it hears of the next pod.
            RefillYield = TimeSpan.FromMilliseconds(100),
            RefillQuiet = TimeSpan.FromMilliseconds(250),
            MemoryBytes = 0,
        };
    }
}
