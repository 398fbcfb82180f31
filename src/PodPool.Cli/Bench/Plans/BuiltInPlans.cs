using System.Reflection;

namespace PodPool.Cli.Bench.Plans;

/// <summary>The scenarios that come with the program: files as a user writes them.</summary>
internal static class BuiltInPlans
{
    private const string Prefix = "bench/";
    private const string Extension = ".yaml";

    private static readonly Assembly Self = typeof(BuiltInPlans).Assembly;

    public static IReadOnlyList<string> Names { get; } =
    [
        .. Self.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Extension.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>As it is written.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static string Text(string name)
    {
        using var reader = new StreamReader(Self.GetManifestResourceStream(Prefix + name + Extension)!);
        return reader.ReadToEnd();
    }

    public static BenchPlan Read(string name) => PlanFile.Parse(Text(name), name + Extension, Environment.CurrentDirectory);
}
