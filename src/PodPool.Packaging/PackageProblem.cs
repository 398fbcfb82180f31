using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Packaging;

/// <summary>Why a package would not start.</summary>
/// <param name="Reason">Always one that is the code's fault.</param>
/// <param name="File">The file it is about; empty: the whole package.</param>
/// <param name="Type">The type it is about; empty: none.</param>
/// <param name="Message">For a person: what is wrong and what to do.</param>
public sealed record PackageProblem(Reason Reason, string File, string Type, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Reason.WireName()}: {Message}";
}

/// <summary>A package that cannot even be read.</summary>
public sealed class PackageException(PackageProblem problem) : Exception(problem.Message)
{
    /// <summary>What is wrong.</summary>
    public PackageProblem Problem { get; } = problem;
}
