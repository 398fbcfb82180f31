namespace PodPool.Packaging;

/// <summary>What metadata tells of a package. The code was not run: what only loading can tell is not here.</summary>
/// <param name="EntryPoint">As resolved: <c>Assembly</c> for an application, else <c>Assembly::Type</c> or <c>Assembly::Type::Method</c>; null: none could be.</param>
/// <param name="Kind">What it is; null with no entry point.</param>
/// <param name="Problems">Why the package would not start; the first is the most telling. Empty: it may be deployed.</param>
/// <param name="WithoutReadyToRun">Paths of assemblies that hold no native code: their first call will be compiled while a caller waits.</param>
public sealed record PackageReport(
    EntryPoint? EntryPoint, EntryPointKind? Kind, IReadOnlyList<PackageProblem> Problems, IReadOnlyList<string> WithoutReadyToRun);

/// <summary>The kinds of entry point.</summary>
public enum EntryPointKind
{
    /// <summary>A type that implements <c>PodPool.Functions.IHttpFunction</c>.</summary>
    Http,

    /// <summary>A type that implements <c>PodPool.Functions.IFunction&lt;TIn, TOut&gt;</c>.</summary>
    Json,

    /// <summary>A type that implements <c>PodPool.Functions.ICloudEventFunction</c>, with or without a data type.</summary>
    CloudEvent,

    /// <summary>A public method of a plain class.</summary>
    Method,

    /// <summary>A whole ASP.NET Core application.</summary>
    Application,
}
