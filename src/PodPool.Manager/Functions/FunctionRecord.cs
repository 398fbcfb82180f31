using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using CoreFunction = PodPool.Core.FunctionSpec;
using CorePolicy = PodPool.Core.EmptyPoolPolicy;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Functions;

/// <summary>A deployed function: one revision of it, as it was asked for.</summary>
/// <param name="Name">The function.</param>
/// <param name="Spec">Complete: nothing is left to a default, and the entry point is resolved. Never changed.</param>
/// <param name="Revision">Names what its instances run.</param>
/// <param name="PackageDigest"><c>sha256:…</c>.</param>
/// <param name="DeployedAt">When it was last changed.</param>
internal sealed record FunctionRecord(Name Name, FunctionSpec Spec, string Revision, string PackageDigest, DateTimeOffset DeployedAt)
{
    /// <summary>Names of variables whose values are for the function's instances alone.</summary>
    public IReadOnlySet<string> Hidden { get; init; } = new HashSet<string>();

    /// <summary>Bytes.</summary>
    public long PackageSize { get; } = Spec.Files.Sum(file => file.Size);

    /// <summary>As the pool's rules know it.</summary>
    public CoreFunction Core { get; } = new(
        Name,
        Revision,
        PackageDigest,
        Spec.Concurrency,
        new(Spec.Scale.Min, Spec.Scale.Max == 0 ? int.MaxValue : Spec.Scale.Max, Spec.Scale.IdleTimeout.ToTimeSpan()),
        Spec.OnEmptyPool == EmptyPoolPolicy.Reject ? CorePolicy.Reject : CorePolicy.Wait)
    {
        UsesDapr = Spec.Dapr is not null,
    };

    /// <summary>One request's time; null: none.</summary>
    public Duration? Timeout => Spec.Timeout.ToTimeSpan() == TimeSpan.Zero ? null : Spec.Timeout;

    /// <summary>As it is kept on disk and told to operators, without what only a running manager knows.</summary>
    public FunctionStatus ToStatus() => new()
    {
        Spec = Spec,
        Revision = Revision,
        PackageDigest = PackageDigest,
        PackageSize = PackageSize,
        DeployedAt = Timestamp.FromDateTimeOffset(DeployedAt),
    };

    /// <summary>As <see cref="ToStatus"/>, without what nobody may see.</summary>
    public FunctionStatus ToShownStatus()
    {
        var status = ToStatus();
        if (Hidden.Count > 0)
        {
            status.Spec = Spec.Clone();
            foreach (var name in Hidden)
            {
                status.Spec.Environment[name] = "(hidden)";
            }
        }

        return status;
    }

    /// <summary>What pods of this revision are told.</summary>
    public Manifest ToManifest(TimeSpan startTimeout) => new()
    {
        Namespace = Name.Namespace,
        Function = Name.Name,
        Revision = Revision,
        EntryPoint = Spec.EntryPoint,
        Environment = { Spec.Environment },
        Concurrency = Spec.Concurrency,
        Timeout = Timeout,
        StartTimeout = Duration.FromTimeSpan(startTimeout),
        Files = { Spec.Files },
    };
}
