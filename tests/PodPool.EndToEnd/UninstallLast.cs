using Xunit.Sdk;
using Xunit.v3;

namespace PodPool.EndToEnd;

/// <summary>First what every other test builds on, then what must hold, then what breaks things, and the end last.</summary>
public sealed class UninstallLast : ITestCollectionOrderer
{
    private static readonly string[] Order = ["InstallTests", "SampleTests", "", "Faults", "UninstallTests"];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
        => [.. testCollections.OrderBy(collection => PlaceOf(collection.TestCollectionDisplayName)).ThenBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    private static int PlaceOf(string collection)
        => Array.FindIndex(Order, part => part.Length > 0 && collection.Contains(part, StringComparison.Ordinal)) is >= 0 and var place ? place : Array.IndexOf(Order, "");
}
