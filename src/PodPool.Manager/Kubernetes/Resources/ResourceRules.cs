using System.Globalization;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Pools;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>
/// What a custom resource must be beyond what every API server checks. Servers before Kubernetes 1.25 drop the schemas' CEL rules, no
/// schema can bound a quantity, and an object can be older than its schema: so the manager looks for itself.
/// </summary>
internal static class ResourceRules
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>What is wrong with a pool; each names the field and what would be right. Empty: nothing.</summary>
    public static IReadOnlyList<string> ProblemsOf(RuntimePoolSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var problems = new List<string>();
        Try(problems, () => spec.Template.ToPodTemplateSpec());
        Try(problems, () => ByteQuantity.Parse(spec.Prefetch, "spec.prefetch", 0, 1L << 30));
        Try(problems, () => ByteQuantity.Parse(spec.Memory, "spec.memory", 1L << 20, 1L << 40));
        Try(problems, () => DurationText.Parse(spec.DrainGrace, "spec.drainGrace", TimeSpan.Zero, Hour));
        Try(problems, () => DurationText.Parse(spec.StartDeadline, "spec.startDeadline", Second, Hour));
        Require(problems, spec.Refill.PerSecond is >= 0.01 and <= 1000, $"spec.refill.perSecond is {spec.Refill.PerSecond.ToString(CultureInfo.InvariantCulture)}; 0.01 to 1000 are allowed");
        Require(problems, spec.Size.Max == 0 || spec.Size.Max >= spec.Size.Warm, $"spec.size.max is {spec.Size.Max}, less than spec.size.warm, {spec.Size.Warm}: make it 0 (no limit), or at least that");
        if (SizeMapping.ProblemOf(spec.Size) is { } problem)
        {
            problems.Add(problem);
        }

        return problems;
    }

    /// <summary>What is wrong with a function; each names the field and what would be right. Empty: nothing.</summary>
    public static IReadOnlyList<string> ProblemsOf(FunctionResourceSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var problems = new List<string>();
        var package = spec.Package;
        Try(problems, () => PoolReference.Parse(spec.Pool));
        Require(problems, package.Image is null != package.Url is null, "spec.package needs exactly one of image or url");
        Require(problems, package.Url is null == package.Sha256 is null, "spec.package.url and spec.package.sha256 belong together: the digest of the archive behind the url");
        Require(problems, spec.Scale.Max == 0 || spec.Scale.Max >= spec.Scale.Min, $"spec.scale.max is {spec.Scale.Max}, less than spec.scale.min, {spec.Scale.Min}: make it 0 (no limit), or at least that");
        Try(problems, () => DurationText.Parse(spec.Scale.IdleTimeout, "spec.scale.idleTimeout", TimeSpan.Zero, Day));
        Try(problems, () => DurationText.Parse(spec.Timeout, "spec.timeout", TimeSpan.Zero, Day));
        foreach (var variable in spec.Env)
        {
            var field = $"spec.env[{variable.Name}]";
            Require(problems, !variable.Name.StartsWith(PodEnvironment.Prefix, StringComparison.OrdinalIgnoreCase), $"{field}: names that begin with {PodEnvironment.Prefix} are PodPool's own: choose another");
            Require(problems, variable.Value is null != variable.ValueFrom is null, $"{field} needs exactly one of value or valueFrom");
            Require(problems, variable.ValueFrom is not { } source || source.SecretKeyRef is null != source.ConfigMapKeyRef is null, $"{field}.valueFrom needs exactly one of secretKeyRef or configMapKeyRef");
        }

        return problems;
    }

    private static void Require(List<string> problems, bool holds, string problem)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }

    private static void Try<T>(List<string> problems, Func<T> read)
    {
        try
        {
            read();
        }
        catch (FormatException exception)
        {
            problems.Add(exception.Message);
        }
    }
}
